import type { EventFrames } from "../exchange/exchange.ts";
import { SiteError } from "../exchange/site-error.ts";

/** Characters that may wait for a slow reader before the stream is given up. */
const queuedCharactersMax = 1_048_576;
/** A handler that awaits its events is held back from here on. */
const queuedFramesHigh = 16;

/** Server-sent events from a handler to one reader, bounded in between. */
export class EventStream implements EventFrames {
  readonly #onCancel: () => void;
  readonly #keepAliveMs: number;
  /** Opens with a comment, so that the headers go out before the handler has anything to say. */
  #frames: string[] = [": open\n\n"];
  #queuedCharacters = 8;
  #ended = false;
  #closed = false;
  #wakeReader: (() => void) | undefined;
  #heldBack: (() => void)[] = [];

  /** @param onCancel called once when the reader goes away or is too slow before the terminal event */
  constructor(onCancel: () => void, keepAliveMs = 15_000) {
    this.#onCancel = onCancel;
    this.#keepAliveMs = keepAliveMs;
  }

  /**
   * @returns when the reader has caught up, or will never read again
   * @throws what `data` throws when it is no JSON; a handler that does not wait is not told, and the process lives on
   */
  emit(event: "progress" | "chunk", data: unknown): Promise<void> {
    const sent = this.#emit(event, data);
    sent.catch(() => {});
    return sent;
  }

  async #emit(event: "progress" | "chunk", data: unknown): Promise<void> {
    if (this.#ended || this.#closed) return;
    const frame = toFrame(event, JSON.stringify(data) ?? "null");
    if (this.#queuedCharacters + frame.length > queuedCharactersMax) {
      this.end("error", JSON.stringify(slowReader.toBody()));
      this.#onCancel();
      return;
    }
    this.#push(frame);
    if (this.#frames.length > queuedFramesHigh) await new Promise<void>((resolve) => this.#heldBack.push(resolve));
  }

  /** Sends the one terminal event; nothing comes after it. @param data JSON */
  end(event: "result" | "error", data: string): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    this.#push(toFrame(event, data));
  }

  /** Not a generator: one that waits for a frame could not be cancelled before the frame comes. */
  [Symbol.asyncIterator](): AsyncIterator<string, undefined> {
    return {
      next: async () => {
        const frame = this.#take() ?? ((await this.#arrival()) ? this.#take() : ": keep-alive\n\n");
        return frame === undefined ? { done: true, value: undefined } : { done: false, value: frame };
      },
      return: async () => {
        this.#close();
        return { done: true, value: undefined };
      },
    };
  }

  toStream(): ReadableStream<Uint8Array> {
    const frames = this[Symbol.asyncIterator]();
    const encoder = new TextEncoder();
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await frames.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        await frames.return?.();
      },
    });
  }

  #take(): string | undefined {
    const frame = this.#frames.shift();
    if (frame !== undefined) {
      this.#queuedCharacters -= frame.length;
      if (this.#frames.length <= queuedFramesHigh) this.#release();
    }
    return frame;
  }

  #push(frame: string): void {
    this.#frames.push(frame);
    this.#queuedCharacters += frame.length;
    this.#wakeReader?.();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#frames = [];
    this.#release();
    this.#wakeReader?.();
    if (!this.#ended) this.#onCancel();
  }

  #release(): void {
    for (const resume of this.#heldBack.splice(0)) resume();
  }

  /** @returns false when nothing came for the time of a keep-alive */
  #arrival(): Promise<boolean> {
    if (this.#ended || this.#closed) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = (arrived: boolean) => {
        clearTimeout(timer);
        this.#wakeReader = undefined;
        resolve(arrived);
      };
      const timer = setTimeout(() => done(false), this.#keepAliveMs);
      this.#wakeReader = () => done(true);
    });
  }
}

const slowReader = new SiteError("timeout", "The stream was read too slowly.");

/** JSON has no raw line breaks, so one `data` line always does. */
const toFrame = (event: string, json: string) => `event: ${event}\ndata: ${json}\n\n`;
