import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { pathOf } from "./paths.ts";

/** The query parameter of a list that goes on where a page ended; opaque to callers, who take it from the `Link` header. */
export const afterParameter = (shape: RegExp) =>
  z
    .string()
    .regex(shape, { error: "Take this from the Link header of the page before" })
    .optional()
    .describe("Where the page before ended, as its Link header says");

/**
 * Says where the list goes on (RFC 8288): at the same address with these parameters in place of its own; undefined drops one. For lists
 * whose answer has no room to say it.
 */
export function linkNext(
  { originalUrl }: FastifyRequest,
  reply: FastifyReply,
  parameters: Readonly<Record<string, string | undefined>>,
): void {
  const path = pathOf(originalUrl);
  const query = new URLSearchParams(originalUrl.slice(path.length));
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) query.delete(name);
    else query.set(name, value);
  }
  reply.header("link", `<${path.replace(/[<>"\s]/g, encodeURIComponent)}?${query}>; rel="next"`);
}
