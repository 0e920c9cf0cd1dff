import type { ChunkSink } from "../../routing/index.ts";
import type { Clock } from "../../runtime/index.ts";
import { cleanText, shortened } from "../tools/clean-text.ts";
import type { Channel } from "../wire/channel.ts";

/** Between two notifications, in milliseconds: what comes sooner is left out, for the result has it all. */
const APART_MS = 250;
/** After so long without one, the call says that it goes on. */
const BEAT_MS = 15_000;
const MESSAGE_LENGTH_MAX = 2_000;

type AwaitReader = Parameters<Channel["notify"]>[2];

/** Tells a caller who asked for it how its call goes. */
export class Progress {
  readonly #channel: Channel;
  readonly #token: string | number;
  readonly #clock: Clock;
  readonly #awaitReader: AwaitReader;
  #count = 0;
  #toldAt = Number.NEGATIVE_INFINITY;
  #cancelBeat = () => {};

  constructor(
    channel: Channel,
    { token, clock, awaitReader }: { token: string | number; clock: Clock; awaitReader: AwaitReader },
  ) {
    this.#channel = channel;
    this.#token = token;
    this.#clock = clock;
    this.#awaitReader = awaitReader;
  }

  /** What the agent says, on its way to the caller. */
  readonly take: ChunkSink = (text) => {
    if (this.#clock.monotonic() - this.#toldAt < APART_MS) return false;
    const message = shortened(cleanText(text), MESSAGE_LENGTH_MAX);
    return message === "" ? false : this.#tell({ message });
  };

  begin(): void {
    this.#cancelBeat = this.#clock.after(BEAT_MS, () => {
      void this.#tell({});
    });
  }

  end(): void {
    this.#cancelBeat();
  }

  /** The counter rises with each: an equal one is an error of the protocol. */
  #tell(said: { message?: string }): boolean | Promise<boolean> {
    this.#cancelBeat();
    if (this.#channel.isLeft) return false;
    this.#toldAt = this.#clock.monotonic();
    const params = { progressToken: this.#token, progress: ++this.#count, ...said };
    const taken = this.#channel.notify("notifications/progress", params, this.#awaitReader);
    this.begin();
    return taken;
  }
}

/** Where a request asks for progress. */
export function progressTokenIn(params: Record<string, unknown>): string | number | undefined {
  const token = (params._meta as { progressToken?: unknown } | undefined)?.progressToken;
  return typeof token === "string" || Number.isInteger(token) ? (token as string | number) : undefined;
}
