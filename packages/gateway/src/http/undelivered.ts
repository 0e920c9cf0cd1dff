import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Clock, FairShares, type NetworkOf, plainAddress } from "../runtime/index.ts";

export interface UndeliveredOptions {
  /** Bytes of large answers that may wait for their readers before those who have most of them are given no more. */
  bytesMax: number;
  networkOf: NetworkOf;
  clock: Clock;
  /** Milliseconds without any progress after which a reader is cut off; 30 s by default. */
  patienceMs?: number;
}

/** Answers below are no burden: the connection they wait on costs as much. */
const LARGE_LENGTH = 64 * 1024;
const PATIENCE_MS = 30_000;
/** A reader who is slower, all in all, is cut off, too. In bytes a millisecond. */
const RATE_MIN = 16;

/**
 * What was answered and is not read yet. An answer that is there is not refused any more; but who leaves too much unread gets nothing new
 * that could be as large, and who reads nothing is cut off.
 */
export class Undelivered {
  readonly #shares: FairShares;
  readonly #options: UndeliveredOptions;

  constructor(options: UndeliveredOptions) {
    this.#shares = new FairShares(options.bytesMax);
    this.#options = options;
  }

  /** Bytes, about: characters that take several are counted as one. */
  get bytes(): number {
    return this.#shares.used;
  }

  /** Whether this client may be given more. @param network of its address */
  hasRoomFor(network: string): boolean {
    return this.#shares.has(network);
  }

  /** For Fastify: counts every large text until it is read. */
  readonly onSend = (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: () => void): void => {
    if (typeof payload === "string" && payload.length > LARGE_LENGTH) this.watch(reply.raw, request.ip, payload.length);
    done();
  };

  /** Counts a part of an answer in events, if it is large. The function that is given then is to be called when it is read. */
  watchEvent(response: ServerResponse, address: string, length: number): (() => void) | undefined {
    return length > LARGE_LENGTH ? this.watch(response, address, length) : undefined;
  }

  /**
   * Counts what was written until the response is over.
   * @returns to be called when it is read before that
   */
  watch(response: ServerResponse, address: string, length: number): () => void {
    const { networkOf, clock, patienceMs = PATIENCE_MS } = this.#options;
    const release = this.hold(networkOf(plainAddress(address)), length);
    const cut = () => void response.destroy();
    // Counts from the last progress; Node looks at what was taken of a large write, too.
    response.setTimeout(patienceMs, cut);
    const cancelCut = clock.after(patienceMs + length / RATE_MIN, cut);
    const over = () => {
      response.off("close", over);
      response.off("timeout", cut);
      response.setTimeout(0);
      cancelCut();
      release();
    };
    response.once("close", over);
    return over;
  }

  /** Counts so many bytes. @returns to be called, once or more, when they are no longer kept */
  hold(network: string, bytes: number): () => void {
    this.#shares.add(network, bytes);
    let isHeld = true;
    return () => {
      if (isHeld) this.#shares.give(network, bytes);
      isHeld = false;
    };
  }
}
