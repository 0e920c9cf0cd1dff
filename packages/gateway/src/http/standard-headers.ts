import type { FastifyReply, FastifyRequest } from "fastify";

export interface StandardHeadersOptions {
  /** How callers reach this server; https switches Strict-Transport-Security on. */
  publicUrl: string;
  /** Origins that browsers may call from. */
  corsOrigins: readonly string[];
}

/** The headers of every response that do not depend on the request (contract section 1.5). */
export const securityHeaders = ({ publicUrl }: StandardHeadersOptions): Record<string, string> => ({
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "strict-origin-when-cross-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  ...(publicUrl.startsWith("https:") && { "strict-transport-security": "max-age=31536000; includeSubDomains" }),
});

const EXPOSED =
  "X-Request-Id, X-Trace-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, Idempotency-Replayed, " +
  "X-AgentGate-Upstream-Status, Content-Disposition, Link";

/** Headers of MCP that a preflight request asks for: their names depend on the tools. */
const MCP_HEADER = /^mcp-[a-z0-9-]{1,64}$/;
const MCP_HEADERS_MAX = 32;

function mcpHeadersIn({ headers }: FastifyRequest): string {
  const asked = headers["access-control-request-headers"]?.toLowerCase().split(",") ?? [];
  const named = asked.map((name) => name.trim()).filter((name) => MCP_HEADER.test(name));
  return named
    .slice(0, MCP_HEADERS_MAX)
    .map((name) => `, ${name}`)
    .join("");
}

/** A hook that sets the headers of every response, and answers preflight requests of the configured origins. */
export function standardHeaders(options: StandardHeadersOptions) {
  const fixed = securityHeaders(options);
  const allowed = new Set(options.corsOrigins);
  return (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    reply.headers(fixed);
    reply.header("x-request-id", request.id);
    if (allowed.size === 0) return done();
    // Also where it is absent: a cache must not give one origin's answer to another.
    reply.header("vary", "Origin");
    const { origin } = request.headers;
    if (origin === undefined || !allowed.has(origin)) return done();
    reply.headers({ "access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED });
    if (request.method !== "OPTIONS" || !request.headers["access-control-request-method"]) return done();
    reply.headers({
      "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
      "access-control-allow-headers":
        "Authorization, Content-Type, Idempotency-Key, X-AgentGate-Payer-Key, X-Request-Id, " +
        `A2A-Version, A2A-Extensions, Last-Event-ID, traceparent, tracestate${mcpHeadersIn(request)}`,
      "access-control-max-age": "600",
    });
    reply.code(204).send();
  };
}
