import type { Site } from "../engine/site.ts";
import type { Exchange, Reply } from "./exchange.ts";

/** Lets web pages read replies. */
export interface Cors {
  headers(exchange: Exchange): Readonly<Record<string, string>>;
  preflight(exchange: Exchange, site: Site): Reply;
}

const requestHeaders = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
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

/** Headers that carry the API keys of the site and its operations. */
function keyHeaders({ policy, intents, flows }: Site): Set<string> {
  const operations = [...intents.values(), ...[...flows.values()].flatMap((flow) => [...flow.steps.values()])];
  const headers = [policy, ...operations.map((operation) => operation.policy)].map(
    (one) => one.describe("http://localhost").header,
  );
  return new Set(headers.filter((header) => header !== null));
}
