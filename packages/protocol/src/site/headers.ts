/** Version of the agent API that this package speaks (`agent_api_version`, `X-Agent-Version`). */
export const agentApiVersion = "1.0";

// Each name stands by itself, so that a bundle holds only those it uses. Names are case-insensitive on the wire.

/** `true` on every request of an agent. Required. */
export const agentRequestHeader = "X-Agent-Request";
/** A label the agent gives itself. Never an identity. */
export const agentIdHeader = "X-Agent-ID";
export const agentVersionHeader = "X-Agent-Version";
/** The session of a server-orchestrated step. */
export const sessionIdHeader = "X-Session-ID";
/** IETF httpapi draft: a repeated request with the same key runs once. */
export const idempotencyKeyHeader = "Idempotency-Key";
/**
 * `true` on a call that a person has said yes to, after the site had answered it with `confirmation_required`. Sites that never ask
 * need not know it.
 */
export const confirmedHeader = "X-Agent-Confirmed";
/** The default header of `auth.type: "api_key"`. */
export const apiKeyHeader = "X-API-Key";

/** All header names of the site protocol. */
export const siteHeader = {
  agentRequest: agentRequestHeader,
  agentId: agentIdHeader,
  agentVersion: agentVersionHeader,
  sessionId: sessionIdHeader,
  idempotencyKey: idempotencyKeyHeader,
  confirmed: confirmedHeader,
  /** `true` on a reply that repeats an earlier one. */
  idempotencyReplayed: "Idempotency-Replayed",
  apiKey: apiKeyHeader,
  /** RFC 9745: the called operation is deprecated. */
  deprecation: "Deprecation",
  /** RFC 8594: when the called operation goes away. */
  sunset: "Sunset",
  /** What the site wants the agent's author to know, as text. */
  warning: "X-Agent-Warning",
} as const;
