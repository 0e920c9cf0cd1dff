import type * as wire from "@agentgate/protocol";
import { at, type CallOptions, GatewayRoom } from "../http/index.ts";

/** How agents are. */
export abstract class AgentHealthCalls extends GatewayRoom {
  getAgentHealth(id: string, call?: CallOptions): Promise<wire.NamedAgentHealth> {
    return this.http.json({ path: at`/agents/${id}/health`, ...call });
  }

  /** Looks at one's own agent now, as the gateway's checks do. */
  checkAgentHealth(id: string, call?: CallOptions): Promise<wire.NamedAgentHealth> {
    return this.http.json({ method: "POST", path: at`/agents/${id}/health/check`, ...call });
  }

  /** What the last checks found, by agent id. */
  async agentsHealth(call?: CallOptions): Promise<Record<string, wire.AgentHealth>> {
    const all: Record<string, wire.AgentHealth> = {};
    const pages = this.http.objects<Record<string, wire.AgentHealth>>({ path: "/health/agents", ...call });
    for await (const page of pages) Object.assign(all, page);
    return all;
  }
}
