import type { Exchange, Reply } from "./exchange.ts";

/** Which web pages may call the site from a browser. */
export interface CorsOptions {
  /** Origins such as `https://assistant.example`, or `*` for any. Credentials are never shared through cookies. */
  readonly origins: "*" | readonly string[];
}

const requestHeaders = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "X-API-Key",
  "X-Agent-ID",
  "X-Agent-Request",
  "X-Agent-Version",
  "X-Session-ID",
];
const replyHeaders = "Deprecation, ETag, Idempotency-Replayed, Retry-After, Sunset, WWW-Authenticate, X-Agent-Warning";

/** Headers that let the page of an allowed origin read a reply. */
export function corsHeaders({ origins }: CorsOptions, exchange: Exchange): Record<string, string> {
  const origin = exchange.header("origin");
  const vary: Record<string, string> = origins === "*" ? {} : { vary: "Origin" };
  if (origin === undefined || (origins !== "*" && !origins.includes(origin))) return vary;
  return {
    ...vary,
    "access-control-allow-origin": origins === "*" ? "*" : origin,
    "access-control-expose-headers": replyHeaders,
  };
}

/** @param apiKeyHeaders headers of the site's own that carry keys */
export const preflightReply = (cors: CorsOptions, exchange: Exchange, apiKeyHeaders: readonly string[]): Reply => ({
  status: 204,
  headers: {
    ...corsHeaders(cors, exchange),
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": [...new Set([...requestHeaders, ...apiKeyHeaders])].join(", "),
    "access-control-max-age": "600",
  },
  body: "",
});
