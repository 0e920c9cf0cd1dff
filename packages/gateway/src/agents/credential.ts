import { z } from "zod";
import { text } from "../http/index.ts";

/** Headers that say something else than who is calling, or belong to the connection. */
const RESERVED =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|accept.*|a2a-.*|x-a2a-.*|x-agentgate-.*|mcp-.*|trace.*)$/i;

/** What the gateway shows an agent in place of its callers' credentials. */
export const agentCredential = z
  .discriminatedUnion("type", [
    z.object({
      type: z.literal("header"),
      name: z
        .string()
        .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, { error: "A header name" })
        .refine((name) => !RESERVED.test(name), { error: "This header is the gateway's own" }),
      value: headerValue(),
    }),
    z.object({ type: z.literal("bearer"), token: headerValue() }),
    z.object({
      type: z.literal("oauth2"),
      token_url: text()
        .min(1)
        .max(2048)
        .describe("Token endpoint of the client credentials grant (RFC 6749, section 4.4)"),
      client_id: text().min(1).max(512),
      client_secret: text().min(1).max(4096),
      scope: text().max(2048).optional(),
      resource: text()
        .max(2048)
        .optional()
        .describe("What the token is for (RFC 8707); of an MCP server, its address unless another is given"),
    }),
  ])
  .meta({ id: "AgentCredential" });

function headerValue() {
  return z
    .string()
    .min(1)
    .max(8192)
    .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, { error: "Printable ASCII" });
}

export type AgentCredential = z.output<typeof agentCredential>;
