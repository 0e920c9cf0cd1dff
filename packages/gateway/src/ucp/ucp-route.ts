import { z } from "zod";
import { type Access, type ResponseDoc, type RouteDefinition, route } from "../http/index.ts";
import { refuse, wireRefusal } from "./refusal.ts";

export const ucpTag = { name: "UCP", description: "Sell agents' tasks through the Universal Commerce Protocol" };

/** What the protocol's REST binding is below. */
export const UCP_BASE = "/ucp/v1";

/** Largest body of a request. */
export const BODY_BYTES_MAX = 1_048_576;

/** Headers of every operation, for the documentation. */
export const ucpHeaders = z.object({
  "UCP-Agent": z.string().optional().describe('The platform, as `profile="https://…"` (RFC 8941)'),
  "X-API-Key": z.string().optional().describe("An organization's key, in place of `Authorization: Bearer`"),
});

/** Refusals of every operation. */
const refusals: Record<number, ResponseDoc> = {
  400: {
    description: "The head, or the profile's address in `UCP-Agent`, is malformed, or too much is asked for at once",
  },
  401: { description: "The key is nobody's, or one is needed" },
  403: { description: "The caller may not" },
  413: { description: "The body is too large" },
  414: { description: "The address is too long" },
  415: { description: "The body is not JSON" },
  422: { description: "The request is malformed, or the platform's profile is, or its version is not spoken" },
  424: { description: "The platform's profile cannot be had" },
  429: { description: "Too much at once; see Retry-After" },
  503: { description: "Not right now; see Retry-After" },
};

/** An operation of the REST binding: public, for its key may come in either header, with errors in the protocol's words. */
export const ucpRoute = <
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(
  definition: Omit<RouteDefinition<"public", P, Q, B>, "tag" | "errors" | "refuse">,
): RouteDefinition =>
  route<Access & "public", P, Q, B>({
    headers: ucpHeaders,
    ...definition,
    readsKey: true,
    tag: ucpTag,
    bodyBytesMax: BODY_BYTES_MAX,
    errors: { schema: wireRefusal, contentType: "application/json" },
    refuse,
    responses: { ...definition.responses, ...refusals },
  });
