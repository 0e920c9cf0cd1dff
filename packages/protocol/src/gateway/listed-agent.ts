import type { Agent, AgentSearchItem } from "./agent.ts";

/** An agent as its owner lists it; where that is asked for, with how it does. */
export interface ListedAgent
  extends Agent,
    Partial<Pick<AgentSearchItem, "health" | "p50_ms" | "p95_ms" | "success_30d" | "calls_30d">> {}
