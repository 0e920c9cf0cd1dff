import type { Exchange } from "../exchange/exchange.ts";
import { keyHeaders } from "./key-headers.ts";
import type { Cors } from "./site.ts";

const requestHeaders = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "X-Agent-Confirmed",
  "X-Agent-ID",
  "X-Agent-Request",
  "X-Agent-Version",
  "X-Session-ID",
];
const replyHeaders = "Deprecation, ETag, Idempotency-Replayed, Retry-After, Sunset, WWW-Authenticate, X-Agent-Warning";

/**
 * Lets agents that run in web pages of these origins call the site.
 * @param origins such as `https://assistant.example`, or `*` for any; cookies are never shared
 */
export function allowOrigins(origins: "*" | readonly string[]): Cors {
  const headers = (exchange: Exchange): Record<string, string> => {
    const origin = exchange.header("origin");
    const vary: Record<string, string> = origins === "*" ? {} : { vary: "Origin" };
    if (origin === undefined || (origins !== "*" && !origins.includes(origin))) return vary;
    const allowed = origins === "*" ? "*" : origin;
    return { ...vary, "access-control-allow-origin": allowed, "access-control-expose-headers": replyHeaders };
  };
  return {
    headers,
    preflight: (exchange, site) => ({
      status: 204,
      headers: {
        ...headers(exchange),
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": [...requestHeaders, ...keyHeaders(site)].join(", "),
        "access-control-max-age": "600",
      },
      body: "",
    }),
  };
}
