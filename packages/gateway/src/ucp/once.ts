import type { FastifyReply, FastifyRequest } from "fastify";
import { type Idempotency, idempotencyKeyOf } from "../idempotency/index.ts";
import type { Buyer } from "./buyer.ts";

export interface JsonAnswer {
  status: number;
  body: string;
}

/** How long the work of a request may take, at most; then another attempt may take over. */
const LEASE_MS = 60_000;

/**
 * Does what a request asks for once, however often it is sent under its Idempotency-Key (ucp.dev, overview, idempotency): a repetition
 * with the same bytes gets the first answer, one with others is refused. Keys are the caller's own, and each operation's.
 *
 * @param operation with the resource that it is on
 */
export async function once(
  idempotency: Idempotency,
  {
    request,
    reply,
    buyer,
    operation,
    bodyText,
    leaseMs = LEASE_MS,
  }: {
    request: FastifyRequest;
    reply: FastifyReply;
    buyer: Buyer;
    operation: string;
    bodyText: string;
    leaseMs?: number;
  },
  work: () => Promise<JsonAnswer>,
): Promise<JsonAnswer> {
  const key = idempotencyKeyOf(request.headers["idempotency-key"]);
  if (key === undefined) return work();
  const begun = await idempotency.begin({
    scope: buyer.owner,
    // No header holds a blank: it is none of the keys of other routes.
    key: `ucp ${operation.split(" ", 1)[0]} ${key}`,
    payload: [operation, bodyText],
    leaseMs,
  });
  if ("replay" in begun) {
    reply.header("idempotency-replayed", "true");
    return begun.replay;
  }
  try {
    const answer = await work();
    await begun.keepUnpaid(answer, { isAnonymous: buyer.principal === undefined });
    return answer;
  } catch (error) {
    await begun.abandon();
    throw error;
  }
}
