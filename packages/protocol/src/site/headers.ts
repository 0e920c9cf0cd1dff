/** Version of the agent API that this package speaks (`agent_api_version`, `X-Agent-Version`). */
export const agentApiVersion = "1.0";

/** Header names of the site protocol. Names are case-insensitive on the wire. */
export const siteHeader = {
  /** `true` on every request of an agent. Required. */
  agentRequest: "X-Agent-Request",
  /** A label the agent gives itself. Never an identity. */
  agentId: "X-Agent-ID",
  agentVersion: "X-Agent-Version",
  /** The session of a server-orchestrated step. */
  sessionId: "X-Session-ID",
  /** IETF httpapi draft: a repeated request with the same key runs once. */
  idempotencyKey: "Idempotency-Key",
  /** `true` on a reply that repeats an earlier one. */
  idempotencyReplayed: "Idempotency-Replayed",
  /** The default header of `auth.type: "api_key"`. */
  apiKey: "X-API-Key",
  /** RFC 9745: the called operation is deprecated. */
  deprecation: "Deprecation",
  /** RFC 8594: when the called operation goes away. */
  sunset: "Sunset",
  /** What the site wants the agent's author to know, as text. */
  warning: "X-Agent-Warning",
} as const;
