import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { CallerShares, ShareOwner } from "../http/index.ts";
import type { Clock } from "../runtime/index.ts";
import { POLICY_VIOLATION, TOO_BIG, TRY_AGAIN_LATER } from "./close-codes.ts";
import { FrameMeter } from "./frame-meter.ts";

/** Whose a socket is, and how large its messages may be. */
export interface SocketOwner {
  owner: ShareOwner;
  messageBytesMax: number;
}

export interface SocketIntakeOptions extends SocketOwner {
  clock: Clock;
  /** Bytes of messages of all sockets. */
  budget: CallerShares;
}

/** What a socket may hold without being counted: less than it costs itself. */
const UNCOUNTED_BYTES = 8_192;
/** Counted at once, so that counting is seldom. */
const STEP_BYTES = 16_384;
/** How long a message may take to arrive, as long as a request may. */
const MESSAGE_MS = 60_000;
/** How long a client may take to read why it is refused, and to say goodbye. */
const LINGER_MS = 1_000;
const GOODBYE_MS = 5_000;
/**
 * What one socket holds of messages, counted as it comes and until they are handled: bounded by its owner's share, and in time. A client
 * that goes beyond is told so, read from no more, and cut off.
 */
export class SocketIntake {
  readonly #socket: WebSocket;
  readonly #raw: Socket;
  readonly #clock: Clock;
  readonly #budget: CallerShares;
  readonly #meter = new FrameMeter();
  #owner: ShareOwner;
  #messageBytesMax: number;
  /** Of messages that are complete and not handled. */
  #waiting = 0;
  #counted = 0;
  #finished = 0;
  #isCut = false;
  #isClosed = false;
  #cancelDeadline: (() => void) | undefined;

  constructor(socket: WebSocket, raw: Socket, { owner, messageBytesMax, clock, budget }: SocketIntakeOptions) {
    this.#socket = socket;
    this.#raw = raw;
    this.#owner = owner;
    this.#messageBytesMax = messageBytesMax;
    this.#clock = clock;
    this.#budget = budget;
    raw.prependListener("data", (chunk: Buffer) => this.#add(chunk));
    raw.once("close", () => this.#close());
  }

  /** The socket is somebody else's from now on. */
  become({ owner, messageBytesMax }: SocketOwner): void {
    this.#budget.give(this.#owner, this.#counted);
    this.#counted = 0;
    this.#owner = owner;
    this.#messageBytesMax = messageBytesMax;
    this.#recount();
  }

  /** A message of so many bytes waits to be handled. */
  keep(bytes: number): void {
    this.#waiting += bytes;
    this.#recount();
  }

  /** It is handled. */
  release(bytes: number): void {
    this.#waiting -= bytes;
    this.#recount();
  }

  /** Says goodbye; who does not answer is cut off. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    this.#terminateAfter(GOODBYE_MS);
  }

  /** Tells the client why, reads no more of it and hangs up. */
  cut(code: number, reason: string): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#socket.close(code, reason);
    this.#raw.pause();
    this.#terminateAfter(LINGER_MS);
  }

  #terminateAfter(delayMs: number): void {
    this.#raw.once(
      "close",
      this.#clock.after(delayMs, () => this.#socket.terminate()),
    );
  }

  #add(chunk: Buffer): void {
    if (this.#isCut) return;
    const largest = this.#meter.add(chunk);
    if (largest > this.#messageBytesMax) this.cut(TOO_BIG, "The message is too large");
    else this.#recount();
    this.#watch();
  }

  /** Each message has its own time, whatever comes between its pieces. */
  #watch(): void {
    const { isBusy, finished } = this.#meter;
    if (!isBusy || finished !== this.#finished) this.#endDeadline();
    this.#finished = finished;
    if (isBusy) this.#cancelDeadline ??= this.#clock.after(MESSAGE_MS, () => this.#beLate());
  }

  #beLate(): void {
    this.cut(POLICY_VIOLATION, "The message took too long to arrive");
  }

  #endDeadline(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
  }

  #recount(): void {
    const over = this.#isClosed ? 0 : this.#meter.cost + this.#waiting - UNCOUNTED_BYTES;
    const wanted = over <= 0 ? 0 : Math.ceil(over / STEP_BYTES) * STEP_BYTES;
    if (wanted < this.#counted) this.#budget.give(this.#owner, this.#counted - wanted);
    else if (wanted > this.#counted && this.#budget.take(this.#owner, wanted - this.#counted)) {
      this.cut(TRY_AGAIN_LATER, "Too many bytes of messages at once");
      return;
    }
    this.#counted = wanted;
  }

  #close(): void {
    this.#isClosed = true;
    this.#endDeadline();
    this.#recount();
  }
}
