import type { Dispatcher } from "undici";
import type { Clock, FairShares } from "../runtime/index.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import { failureOf, isLostConnection } from "./failure.ts";
import type { Lane, LaneCall } from "./lane.ts";
import { OutboundError } from "./outbound-error.ts";
import type { AnswerMeter, OutboundHeaders, OutboundRequest } from "./request.ts";
import type { WireMeter } from "./wire-meter.ts";

/** What all calls of a dialer share. */
export interface Surroundings {
  deadlines: Deadlines;
  clock: Clock;
  /** For the bytes of answers under way. */
  room: FairShares;
  wire: WireMeter;
}

/** Bytes of an answer that are part of what a call costs anyway: the calls are bounded. */
const uncountedBytes = 16 * 1024;
/** A piece below that costs more by being one than by its bytes. */
const smallPieceBytes = 1024;
/** Small pieces that an answer may come in: so many, and as many more in each millisecond. */
const smallPiecesMax = 250_000;
const smallPiecesPerMs = 10;
/** Names and values of a head's lines together. */
const headItemsMax = 1_024;

type Controller = Dispatcher.DispatchController;

/**
 * One request from admission to the last byte, as undici's handler. Two ends are kept apart: the caller is *settled* at once when the
 * call fails, times out or is aborted; its place in the lane is *released* when undici has let go of the connection.
 */
export abstract class Call implements LaneCall, Timed {
  options: Dispatcher.DispatchOptions | null;
  readonly owner: string;
  protected controller: Controller | null = null;
  protected settled = false;
  slot = -1;
  protected bytes = 0;
  protected readonly clock: Clock;
  readonly #lane: Lane;
  readonly #deadlines: Deadlines;
  readonly #room: FairShares;
  readonly #wire: WireMeter;
  #counted = 0;
  #smallPieces = 0;
  readonly #deadlineMs: number;
  readonly #timeoutMs: number;
  readonly #responseBytesMax: number;
  readonly #bodyOptional: boolean;
  readonly #meter: AnswerMeter | undefined;
  #started = false;
  /** What its host had begun to answer when it was sent. */
  #answersBefore = 0;
  #responded = false;
  #resent = false;

  /** @param owner whose share it takes */
  constructor(
    request: OutboundRequest,
    options: Dispatcher.DispatchOptions,
    owner: string,
    lane: Lane,
    { clock, deadlines, room, wire }: Surroundings,
  ) {
    this.owner = owner;
    this.#timeoutMs = request.timeoutMs;
    this.#responseBytesMax = request.maxResponseBytes;
    this.#bodyOptional = request.bodyOptional ?? false;
    this.#meter = request.meter;
    this.options = options;
    this.clock = clock;
    this.#lane = lane;
    this.#deadlines = deadlines;
    this.#room = room;
    this.#wire = wire;
    this.#deadlineMs = clock.monotonic() + request.timeoutMs;
  }

  /** @throws OutboundError `busy`; every later failure goes to the caller's promise. */
  start(): void {
    this.#lane.enter(this);
    if (!this.settled) this.#deadlines.add(this);
  }

  /** Ends the call for its caller and tears the connection down, or sees to it that the request is never sent. */
  abort(): void {
    this.fail(new OutboundError("aborted", "the call was aborted"));
  }

  checkTime(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) {
      if (this.#started && !this.#responded) this.#lane.hangs.onSilence(this.#answersBefore);
      this.fail(new OutboundError("timeout", `no complete answer within ${this.#timeoutMs} ms`));
    }
  }

  protected abstract onHead(status: number, headers: OutboundHeaders): void;
  protected abstract onBody(chunk: Buffer): void;
  protected abstract onEnd(): void;
  protected abstract onFailure(error: OutboundError): void;

  /** Settles the caller with `error` and stops whatever is under way. */
  fail(error: OutboundError): void {
    if (this.settled) return;
    this.settle();
    this.onFailure(error);
    if (this.controller) this.controller.abort(error);
    else this.#lane.withdraw(this);
  }

  protected settle(): void {
    this.settled = true;
    this.#deadlines.delete(this);
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller;
    this.#started = true;
    this.#answersBefore = this.#lane.hangs.answers;
    if (this.settled) controller.abort(new OutboundError("aborted", "the call was aborted"));
  }

  onResponseStart(controller: Controller, status: number, headers: OutboundHeaders): void {
    if (status < 200 || this.settled) return;
    this.#responded = true;
    this.#lane.hangs.onAnswer();
    this.#wire.onHead();
    if (this.#meter) this.#meter.firstByteAt ??= this.clock.monotonic();
    if (Number(controller.rawHeaders?.length) > headItemsMax) {
      this.fail(new OutboundError("too_large", "the response head has too many lines"));
      return;
    }
    const isHead = this.options?.method === "HEAD";
    // What is done with: a stream would keep it as long as it is open.
    this.options = null;
    controller.rawHeaders = null;
    if (!this.#bodyOptional && !isHead) {
      if (isCompressed(headers)) {
        this.fail(new OutboundError("protocol", "the answer is compressed although it was asked for unencoded"));
        return;
      }
      if (Number(headers["content-length"]) > this.#responseBytesMax) {
        this.fail(this.tooLarge());
        return;
      }
    }
    this.onHead(status, headers);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.settled) return;
    this.#wire.onBody(chunk.length);
    if (chunk.length < smallPieceBytes && ++this.#smallPieces > smallPiecesMax && this.#isCrumbled()) {
      this.fail(new OutboundError("protocol", "the answer comes in too many pieces"));
      return;
    }
    this.bytes += chunk.length;
    if (this.#meter) this.#meter.bytes += chunk.length;
    if (this.bytes <= this.#responseBytesMax) {
      this.onBody(chunk);
      return;
    }
    if (!this.#bodyOptional) {
      this.fail(this.tooLarge());
      return;
    }
    this.onBody(chunk.subarray(0, chunk.length - (this.bytes - this.#responseBytesMax)));
    this.settle();
    this.onEnd();
    this.controller!.abort(this.tooLarge());
  }

  onResponseEnd(): void {
    this.#wire.onEnd();
    this.#lane.leave(this);
    if (this.settled) return;
    this.settle();
    this.onEnd();
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    this.controller = null;
    if (!this.settled && this.#mayResend(error)) {
      this.#resent = true;
      this.#started = false;
      this.#lane.resend(this);
      return;
    }
    this.#lane.leave(this);
    this.fail(failureOf(error, { started: this.#started, responded: this.#responded }));
  }

  /**
   * A kept-alive connection can die in the moment it is used again. A request that had not been handed to it, or one that changes
   * nothing (RFC 9110, section 9.2.2), gets one more connection; a POST that may have arrived never does.
   */
  #mayResend(error: Error): boolean {
    if (this.#resent || this.#responded || !isLostConnection(error)) return false;
    const method = this.options?.method;
    return !this.#started || method === "GET" || method === "HEAD";
  }

  #isCrumbled(): boolean {
    const elapsedMs = this.clock.monotonic() - (this.#deadlineMs - this.#timeoutMs);
    return this.#smallPieces > smallPiecesMax + elapsedMs * smallPiecesPerMs;
  }

  /**
   * Counts so many bytes as what is kept of the answer now.
   *
   * @param isThere they cannot be refused any more
   * @returns whether there is room for them
   */
  protected count(bytes: number, isThere = false): boolean {
    const counted = bytes > uncountedBytes ? bytes : 0;
    const more = counted - this.#counted;
    if (more < 0) this.#room.give(this.owner, -more);
    else if (more > 0) {
      if (isThere) this.#room.add(this.owner, more);
      else if (!this.#room.take(this.owner, more)) return false;
    }
    this.#counted = counted;
    return true;
  }

  protected noRoom(): OutboundError {
    return new OutboundError("no_room", "too many bytes of answers are under way");
  }

  protected tooLarge(): OutboundError {
    return new OutboundError("too_large", `the response is longer than ${this.#responseBytesMax} bytes`);
  }
}

/** Only codings that exist count: `Content-Encoding: utf-8` is a common mistake and changes nothing. */
function isCompressed(headers: OutboundHeaders): boolean {
  const encoding = headers["content-encoding"];
  return encoding !== undefined && /gzip|deflate|compress|br|zstd/i.test(String(encoding));
}
