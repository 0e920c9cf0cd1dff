import type { FastifyRequest } from "fastify";
import { plainAddress } from "../runtime/index.ts";
import { Problem } from "./problem.ts";

/** How often clients may ask for what there is not, which has to be looked for each time. */
export interface Misses {
  /** Whether there is anybody who has to wait. */
  readonly any: boolean;
  /** Seconds that the client at this address has to wait; 0 when it may ask. */
  waitOf(address: string): number;
  /** The client at this address has asked for what there is not. */
  note(address: string): void;
}

/** What is looked for by a name that the caller tells, and was not found. */
const MISSED = new Set(["not_found", "invalid_api_key", "invalid_payer_key"]);

export const isMiss = (error: unknown): boolean => error instanceof Problem && MISSED.has(error.code);

/** To be told of every refusal, whatever words it is told in. */
export function noteMiss(request: FastifyRequest, error: unknown): void {
  if (isMiss(error)) request.server.misses?.note(plainAddress(request.ip));
}

/** @throws Problem 429 when the client has asked too often */
export function demandPatience(misses: Misses, address: string): void {
  const seconds = misses.any ? misses.waitOf(address) : 0;
  if (seconds === 0) return;
  throw new Problem(429, `Too many requests with keys or ids that nobody has; retry in ${seconds} s`, {
    headers: { "retry-after": `${seconds}` },
  });
}
