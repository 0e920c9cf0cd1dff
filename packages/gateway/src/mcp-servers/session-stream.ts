import { OutboundError } from "../outbound/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { ServerPlace, ServerQuestion } from "./request.ts";
import type { ServerSpeech } from "./revisions.ts";
import type { ServerCalls } from "./server-call.ts";
import { ServerFlood } from "./server-error.ts";
import type { JsonObject } from "./server-message.ts";

/** A call under way in a session, as what is said beside it is told. */
export interface Attending {
  onAsked(question: ServerQuestion): void;
  onNotice?: ((method: string) => void) | undefined;
}

/** Whose stream it is. */
export interface StreamOf {
  place: ServerPlace;
  speech: ServerSpeech;
  session: string;
}

/** A call waits so long for the stream to be there: what is asked before that is heard by nobody. */
const OPEN_MS = 2_000;
/** What a server may ask back over one stream; further requests are left unanswered. */
const ASKED_BACK_MAX = 256;

/**
 * The stream of a session itself (2025-11-25, "Listening for Messages from the Server"). Many servers ask there what belongs to a call: it is
 * taken for the one call that is under way in the session; where there are several, nobody can tell, and the server hears `cancel`.
 */
export class SessionStream {
  readonly #calls: ServerCalls;
  readonly #clock: Pick<Clock, "after">;
  readonly #of: StreamOf;
  readonly #attending = new Set<Attending>();
  #opened: Promise<void> | undefined;
  #abort = () => {};
  #askedBack = 0;
  #isRefused = false;

  constructor(calls: ServerCalls, clock: Pick<Clock, "after">, of: StreamOf) {
    this.#calls = calls;
    this.#clock = clock;
    this.#of = of;
  }

  /** Hears what is said from now on for a call. Settles when the stream is open, or is not to be had. Returns the end of that. */
  async attend(call: Attending): Promise<() => void> {
    this.#attending.add(call);
    await this.#open();
    return () => this.#attending.delete(call);
  }

  close(): void {
    this.#isRefused = true;
    this.#abort();
  }

  #open(): Promise<void> {
    if (this.#isRefused) return Promise.resolve();
    this.#opened ??= new Promise((resolve) => {
      const cancel = this.#clock.after(OPEN_MS, resolve);
      const stream = this.#calls.listen(this.#of, {
        onOpen: resolve,
        hear: (message) => this.#hear(message),
      });
      this.#abort = stream.abort;
      void stream.ended
        .catch((error) => {
          // A server without such a stream says so; one that is away for a moment, or was too loud, is asked again with a later call.
          this.#isRefused ||= !OutboundError.isInstance(error) && !(error instanceof ServerFlood);
        })
        .finally(() => {
          cancel();
          resolve();
          this.#opened = undefined;
        });
    });
    return this.#opened;
  }

  #hear({ id, method, params }: JsonObject): void {
    if (typeof method !== "string") return;
    if (typeof id !== "string" && typeof id !== "number") {
      for (const { onNotice } of this.#attending) onNotice?.(method);
      return;
    }
    if (++this.#askedBack > ASKED_BACK_MAX) return;
    const { speech, session } = this.#of;
    const [call, ...others] = this.#attending;
    if (method === "elicitation/create" && call && others.length === 0) {
      call.onAsked({ id, params: (params ?? {}) as JsonObject, speech, session });
      return;
    }
    const said =
      method === "ping"
        ? { result: {} }
        : method === "elicitation/create"
          ? { result: { action: "cancel" } }
          : { error: { code: -32601, message: `This client does not do ${method.slice(0, 64)}` } };
    void this.#calls.post(this.#of, { jsonrpc: "2.0", id, ...said }).catch(() => {});
  }
}
