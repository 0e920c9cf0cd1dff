import type * as wire from "@agentgate/protocol";
import { asked, at, type CallOptions, GatewayRoom, toWireFields } from "../http/index.ts";
import type { AgentFields, NewAgent } from "./agent-fields.ts";

export interface RefreshOptions extends CallOptions {
  /** Only shows what would change. */
  dryRun?: boolean | undefined;
  /** What the `digest` of such a look said, to approve just these tools. */
  digest?: string | undefined;
}

/** Agents as they are registered. */
export abstract class AgentCalls extends GatewayRoom {
  getAgent(id: string, call?: CallOptions): Promise<wire.Agent> {
    return this.http.json({ path: at`/agents/${id}`, ...call });
  }

  /** A page of what an agent can do, in its own order, with the schemas of arguments; `next` goes back as `after`. */
  listAgentSkills(
    id: string,
    page?: { limit?: number | undefined; after?: string | undefined },
    call?: CallOptions,
  ): Promise<wire.OfferedSkillPage> {
    return this.http.json({ path: at`/agents/${id}/skills`, query: { ...page }, ...call });
  }

  /** What lives at the address of an agent, or of its card, as a registration would find it. Nothing is kept. */
  previewAgent(url: string, call?: CallOptions): Promise<wire.AgentPreview> {
    return this.http.json({ method: "POST", path: "/agents/preview", body: { url }, ...call });
  }

  /** @param name undefined for a website or an MCP server, which tells its own */
  registerAgent(name: string | undefined, url: string, fields: NewAgent = {}, call?: CallOptions): Promise<wire.Agent> {
    return this.http.json({ method: "POST", path: "/agents/", body: toWireFields({ ...fields, name, url }), ...call });
  }

  /** Registers an A2A agent by its card: the card's address, or the card itself. Fields win over what the card says. */
  registerAgentByCard(
    card: string | Readonly<Record<string, unknown>>,
    fields: AgentFields & Pick<NewAgent, "orgId"> = {},
    call?: CallOptions,
  ): Promise<wire.Agent> {
    const body = toWireFields({ ...fields, ...(typeof card === "string" ? { cardUrl: card } : { card }) });
    return this.http.json({ method: "POST", path: "/agents/", body, ...call });
  }

  updateAgent(id: string, changes: AgentFields, call?: CallOptions): Promise<wire.Agent> {
    return this.http.json({ method: "PUT", path: at`/agents/${id}`, body: toWireFields(changes), ...call });
  }

  /**
   * Fetches an agent's card anew, or an MCP server's tools: fields that still say what the old card said follow the new one, and tools that
   * changed or are new are approved.
   */
  refreshAgent(id: string, options?: RefreshOptions): Promise<wire.CardRefresh> {
    return this.http.json({ method: "POST", path: at`/agents/${id}/refresh`, ...asked(options) });
  }

  deleteAgent(id: string, call?: CallOptions): Promise<void> {
    return this.http.none({ method: "DELETE", path: at`/agents/${id}`, ...call });
  }
}
