import type { FastifyReply } from "fastify";

/**
 * How much an Accept header wants a media type that it names (RFC 9110, section 12.5.1): from 0, for one that it does not name or refuses,
 * to 1. A wildcard names none.
 */
export function qualityOf(accept: string | undefined, mediaType: string): number {
  for (const range of accept?.split(",") ?? []) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    if (type !== mediaType) continue;
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    return q === undefined ? 1 : Number(q.slice(2)) || 0;
  }
  return 0;
}

/** Says that the answer depends on the Accept header, beside what it depends on already (RFC 9110, section 12.5.5). */
export function varyByAccept(reply: FastifyReply): void {
  const vary = reply.getHeader("vary");
  reply.header("vary", vary === undefined ? "Accept" : `${vary}, Accept`);
}
