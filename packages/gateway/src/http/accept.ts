import type { FastifyReply, FastifyRequest } from "fastify";

const WEIGHT = /^q=(?:0(?:\.\d*)?|1(?:\.0*)?)$/;

/**
 * How much an Accept header wants a media type that it names (RFC 9110, section 12.5.1): from 0, for one that it does not name or refuses,
 * to 1. A wildcard names none.
 */
export function qualityOf(accept: string | undefined, mediaType: string): number {
  for (const range of accept?.split(",") ?? []) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    if (type !== mediaType) continue;
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    // What is no weight is taken as none.
    return q === undefined || !WEIGHT.test(q) ? 1 : Number(q.slice(2));
  }
  return 0;
}

/** Says that the answer depends on the Accept header, beside what it depends on already (RFC 9110, section 12.5.5). */
export function varyByAccept(reply: FastifyReply): void {
  const vary = reply.getHeader("vary");
  reply.header("vary", vary === undefined ? "Accept" : `${vary}, Accept`);
}

/** Where a caller shows a key, or the session that it was begun with. */
const BY_CALLER = "Authorization, Cookie";

/**
 * Says that the answer depends on whose key is shown, beside what it depends on already: no cache that several share gives it to others
 * (RFC 9110, section 12.5.5; RFC 9111, section 5.2.2). The answer to one who shows something is kept by nobody, unless its route says otherwise.
 */
export function varyByCaller({ headers }: FastifyRequest, reply: FastifyReply): void {
  const vary = reply.getHeader("vary");
  reply.header("vary", vary === undefined ? BY_CALLER : `${vary}, ${BY_CALLER}`);
  if (headers.authorization !== undefined || headers.cookie !== undefined)
    reply.header("cache-control", "private, no-store");
}
