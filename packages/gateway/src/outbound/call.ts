import type { Dispatcher } from "undici";
import type { Clock } from "../runtime/index.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import { failureOf, isLostConnection } from "./failure.ts";
import type { Lane, LaneCall } from "./lane.ts";
import { OutboundError } from "./outbound-error.ts";
import type { OutboundHeaders, OutboundRequest } from "./request.ts";

export interface Timing {
  deadlines: Deadlines;
  clock: Clock;
}

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
  readonly #deadlineMs: number;
  readonly #timeoutMs: number;
  readonly #responseBytesMax: number;
  readonly #bodyOptional: boolean;
  #started = false;
  #responded = false;
  #resent = false;

  /** @param owner whose share it takes */
  constructor(
    request: OutboundRequest,
    options: Dispatcher.DispatchOptions,
    owner: string,
    lane: Lane,
    timing: Timing,
  ) {
    this.owner = owner;
    this.#timeoutMs = request.timeoutMs;
    this.#responseBytesMax = request.maxResponseBytes;
    this.#bodyOptional = request.bodyOptional ?? false;
    this.options = options;
    this.clock = timing.clock;
    this.#lane = lane;
    this.#deadlines = timing.deadlines;
    this.#deadlineMs = timing.clock.monotonic() + request.timeoutMs;
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
      if (this.#started && !this.#responded) this.#lane.hangs.onSilence();
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
    if (this.settled) controller.abort(new OutboundError("aborted", "the call was aborted"));
  }

  onResponseStart(controller: Controller, status: number, headers: OutboundHeaders): void {
    if (status < 200 || this.settled) return;
    this.#responded = true;
    this.#lane.hangs.onAnswer();
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
    this.bytes += chunk.length;
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

  protected tooLarge(): OutboundError {
    return new OutboundError("too_large", `the response is longer than ${this.#responseBytesMax} bytes`);
  }
}

/** Only codings that exist count: `Content-Encoding: utf-8` is a common mistake and changes nothing. */
function isCompressed(headers: OutboundHeaders): boolean {
  const encoding = headers["content-encoding"];
  return encoding !== undefined && /gzip|deflate|compress|br|zstd/i.test(String(encoding));
}
