/** `GET /health`: the gateway is alive. */
export interface GatewayHealth {
  status: "ok";
  version: string;
}

/** What the last check of an agent found. */
export interface AgentHealth {
  status: "healthy" | "unhealthy" | "unknown";
  last_check: string | null;
  latency_ms: number | null;
  error: string | null;
}

/** `GET /agents/{id}/health`: the same with the agent's name, or why nothing is known yet. */
export type NamedAgentHealth =
  | ({ agent: string } & AgentHealth & { status: "healthy" | "unhealthy" })
  | { agent: string; status: "unknown"; message: string };
