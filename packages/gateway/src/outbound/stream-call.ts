import type { Dispatcher } from "undici";
import { Call, type Surroundings } from "./call.ts";
import { KeptBytes } from "./kept-bytes.ts";
import type { Lane } from "./lane.ts";
import { OutboundError } from "./outbound-error.ts";
import type { OutboundHeaders, OutboundStreamRequest } from "./request.ts";

/** Takes what arrives. Answers, at once or later, whether it wants more; until then nothing more is handed over. */
export type Take<T> = (item: T) => boolean | Promise<boolean>;

/**
 * A response's body as it arrives. One reader. A reader that lags pauses the connection; one that leaves ends the call. A failure is
 * thrown after what had arrived before it, as an `OutboundError`.
 */
export interface OutboundBody extends AsyncIterable<Buffer> {
  /**
   * Reads on to the end, or until `take` wants no more. Between two chunks nothing is allocated and nothing is waited for: of thousands
   * of open streams nearly all are quiet, and what each of them waits with would have to be kept, and moved by the garbage collector.
   */
  read(take: Take<Buffer>): Promise<void>;
  /**
   * Tells how many bytes of the body its reader keeps until there is more; they are counted with those of all answers under way, until
   * the reader says otherwise or the body ends.
   *
   * @throws OutboundError `no_room`
   */
  keeps(bytes: number): void;
}

export interface OutboundStreamResponse {
  status: number;
  headers: OutboundHeaders;
  body: OutboundBody;
}

/** A request whose response is read while it arrives. */
export interface OutboundStreamCall {
  /** Settles at the response's head. Rejects with an `OutboundError`. */
  readonly response: Promise<OutboundStreamResponse>;
  /** Ends the call at once, wherever it is; `response` or the body's reader gets kind `aborted`. */
  abort(): void;
}

/** Bytes held for a reader that lags before the connection is paused. */
const bufferedBytesMax = 64 * 1024;

type Chunk = IteratorResult<Buffer, undefined>;

interface Reader {
  resolve(chunk: Chunk): void;
  reject(error: OutboundError): void;
}

const nothing = () => {};
const nothingRead = Buffer.alloc(0);

const secondReader = () => new Error("a response body has one reader");

const finished: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Who takes the body as it comes. */
interface Taker {
  take: Take<Buffer>;
  /** It has not answered yet. */
  busy: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

export class StreamCall extends Call implements OutboundStreamCall, OutboundBody, AsyncIterator<Buffer> {
  #resolveHead!: (response: OutboundStreamResponse) => void;
  #rejectHead!: (error: OutboundError) => void;
  readonly response = new Promise<OutboundStreamResponse>((resolve, reject) => {
    this.#resolveHead = resolve;
    this.#rejectHead = reject;
  });
  readonly #idleTimeoutMs: number;
  #lastByteMs: number;
  #buffered: KeptBytes | null = null;
  /** Bytes that the reader keeps. */
  #kept = 0;
  #paused = false;
  #ended = false;
  #failure: OutboundError | null = null;
  #reader: Reader | null = null;
  #taker: Taker | null = null;

  constructor(
    request: OutboundStreamRequest,
    options: Dispatcher.DispatchOptions,
    owner: string,
    lane: Lane,
    surroundings: Surroundings,
  ) {
    super(request, options, owner, lane, surroundings);
    this.#idleTimeoutMs = request.idleTimeoutMs ?? Number.POSITIVE_INFINITY;
    this.#lastByteMs = this.clock.monotonic();
  }

  override checkTime(nowMs: number): void {
    super.checkTime(nowMs);
    if (!this.#paused && nowMs - this.#lastByteMs >= this.#idleTimeoutMs) {
      this.fail(new OutboundError("timeout", `nothing received for ${this.#idleTimeoutMs} ms`));
    }
  }

  protected override onHead(status: number, headers: OutboundHeaders): void {
    this.#lastByteMs = this.clock.monotonic();
    this.#resolveHead({ status, headers, body: this });
    this.#resolveHead = this.#rejectHead = nothing;
  }

  protected override onBody(chunk: Buffer): void {
    this.#lastByteMs = this.clock.monotonic();
    if (this.#reader) {
      this.#answer({ done: false, value: chunk });
      return;
    }
    if (this.#taker && !this.#taker.busy && this.#bufferedBytes === 0) {
      this.#give(chunk, this.#taker);
      return;
    }
    this.#buffered ??= new KeptBytes();
    this.#buffered.add(chunk);
    const wanted = this.#buffered.capacity + this.#kept;
    const hasRoom = this.count(wanted);
    if (!hasRoom) this.count(wanted, true);
    if ((!hasRoom || this.#bufferedBytes >= bufferedBytesMax) && !this.#paused) {
      this.#paused = true;
      this.controller!.pause();
    }
  }

  protected override onEnd(): void {
    this.#ended = true;
    if (this.#reader) this.#answer(finished);
    else this.#handOver();
  }

  protected override onFailure(error: OutboundError): void {
    this.#failure = error;
    this.#rejectHead(error);
    if (error.kind === "aborted") {
      this.#letGo();
      // Who aborts may no longer be listening.
      this.response.catch(() => {});
    }
    const reader = this.#reader;
    this.#reader = null;
    if (reader) reader.reject(error);
    else this.#handOver();
  }

  override abort(): void {
    super.abort();
    // Of a body that has come whole and is not read yet, nothing more is: its reader may never come.
    if (this.#bufferedBytes > 0) {
      this.#failure ??= new OutboundError("aborted", "the call was aborted");
      this.#letGo();
    }
  }

  keeps(bytes: number): void {
    this.#kept = bytes;
    if (!this.count(bytes + (this.#buffered?.capacity ?? 0))) throw this.noRoom();
  }

  get #bufferedBytes(): number {
    return this.#buffered?.length ?? 0;
  }

  read(take: Take<Buffer>): Promise<void> {
    if (this.#reader || this.#taker) return Promise.reject(secondReader());
    return new Promise((resolve, reject) => {
      this.#taker = { take, busy: false, resolve, reject };
      this.#handOver();
    });
  }

  /** What waits for the taker, as far as it takes it at once; then how the body ended, if it has. */
  #handOver(): void {
    while (this.#taker && !this.#taker.busy && this.#bufferedBytes > 0) {
      this.#give(this.#takeBuffered(), this.#taker);
      if (this.#taker && !this.#taker.busy) this.#resume();
    }
    const taker = this.#taker;
    if (!taker || taker.busy || !(this.#failure || this.#ended)) return;
    this.#taker = null;
    this.#letGo();
    if (this.#failure) taker.reject(this.#failure);
    else taker.resolve();
  }

  #give(chunk: Buffer, taker: Taker): void {
    try {
      const wanted = taker.take(chunk);
      if (wanted === true) return;
      if (wanted === false) this.#dismiss(taker);
      else this.#await(wanted, taker);
    } catch (error) {
      this.#dismiss(taker, error);
    }
  }

  #await(wanted: Promise<boolean>, taker: Taker): void {
    taker.busy = true;
    wanted.then(
      (more) => {
        taker.busy = false;
        if (!more) this.#dismiss(taker);
        else if (this.#taker === taker) {
          if (this.#bufferedBytes === 0) this.#resume();
          this.#handOver();
        }
      },
      (error) => this.#dismiss(taker, error),
    );
  }

  /** The taker has had enough, or failed. */
  #dismiss(taker: Taker, error?: unknown): void {
    this.#taker = null;
    void this.return();
    if (error === undefined) taker.resolve();
    else taker.reject(error);
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return this;
  }

  next(): Promise<Chunk> {
    if (this.#bufferedBytes > 0) {
      const value = this.#takeBuffered();
      this.#resume();
      return Promise.resolve({ done: false, value });
    }
    if (this.#failure || this.#ended) this.#letGo();
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve(finished);
    if (this.#reader || this.#taker) return Promise.reject(secondReader());
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.abort();
    this.#letGo();
    this.#failure = null;
    this.#ended = true;
    return Promise.resolve(finished);
  }

  #answer(chunk: Chunk): void {
    const reader = this.#reader!;
    this.#reader = null;
    reader.resolve(chunk);
  }

  /** Everything that waited, as one chunk: a reader that lags catches up in one step. */
  #takeBuffered(): Buffer {
    const bytes = this.#buffered?.take() ?? nothingRead;
    this.#buffered = null;
    this.count(this.#kept);
    return bytes;
  }

  /** The body is over, for its reader too. */
  #letGo(): void {
    this.#kept = 0;
    this.#buffered = null;
    this.count(0);
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#lastByteMs = this.clock.monotonic();
    this.controller?.resume();
  }
}
