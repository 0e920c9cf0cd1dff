import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyRequest } from "fastify";
import { type Clock, type NetworkOf, plainAddress } from "../runtime/index.ts";
import { CallerShares } from "./caller-shares.ts";
import { announcesLargeBody, IncomingBody } from "./incoming-body.ts";

/**
 * Names the caller whose key came with a request; undefined when it is nobody's, or there is none. Asked about large bodies only, before
 * they are read.
 */
export type SenderOf = (request: FastifyRequest) => string | undefined | Promise<string | undefined>;

export interface BodyIntakeOptions {
  /** Largest body in bytes. */
  bytesMax: number;
  /** Largest body in bytes of callers without a known key. */
  anonymousBytesMax: number;
  /** All bodies under way together, in bytes. */
  bytesInFlight: number;
  senderOf: SenderOf;
  networkOf: NetworkOf;
  clock: Clock;
}

/** Hands on the body as text, or a Problem: 413, 429, 503, or 400 for a body that breaks off. */
export type TakeBody = (error: Error | null, text?: string) => void;

/**
 * Reads request bodies. Those of more than a few kilobytes are counted as they come, however they come, and until their request is
 * answered: each against its sender's share, and all against what the process may hold. How large one may be depends on whether its
 * sender is known.
 */
export class BodyIntake {
  readonly #options: BodyIntakeOptions;
  readonly #budget: CallerShares;
  readonly #discarding = new CallerShares({ total: 32, least: { known: 2, anonymous: 2 } });
  readonly #responses = new WeakMap<IncomingMessage, ServerResponse>();

  constructor(options: BodyIntakeOptions) {
    const { bytesMax, anonymousBytesMax, bytesInFlight } = options;
    this.#options = { ...options, anonymousBytesMax: Math.min(anonymousBytesMax, bytesMax) };
    const least = { known: bytesMax, anonymous: this.#options.anonymousBytesMax };
    this.#budget = new CallerShares({ total: bytesInFlight, least });
  }

  /** Bytes of bodies that are held now. */
  get used(): number {
    return this.#budget.used;
  }

  /** Is told of every request before its body is read: what is counted is counted until this response is over. */
  expect(request: IncomingMessage, response: ServerResponse): void {
    if (announcesLargeBody(request)) this.#responses.set(request, response);
  }

  /** Reads the request's body to its end. Its route may have a bound of its own. */
  read(request: FastifyRequest, take: TakeBody): void {
    const { senderOf, networkOf, anonymousBytesMax, clock } = this.#options;
    const bytesMax = Math.min(this.#options.bytesMax, request.routeOptions.bodyLimit ?? Number.POSITIVE_INFINITY);
    const body = new IncomingBody(request.raw, {
      budget: this.#budget,
      discarding: this.#discarding,
      clock,
      response: this.#responses.get(request.raw),
      demandsUtf8: request.routeOptions.config.demandsUtf8,
      senderOf() {
        const asOwner = (sender: string | undefined) =>
          sender === undefined
            ? {
                owner: { isKnown: false, name: networkOf(plainAddress(request.ip)) },
                bytesMax: Math.min(anonymousBytesMax, bytesMax),
              }
            : { owner: { isKnown: true, name: sender }, bytesMax };
        const sender = senderOf(request);
        return sender instanceof Promise ? sender.then(asOwner) : asOwner(sender);
      },
      take,
    });
    body.read(bytesMax);
  }
}
