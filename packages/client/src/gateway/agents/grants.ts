import type * as wire from "@agentgate/protocol";
import { at, type BeforeOptions, type CallOptions, GatewayRoom, type Page } from "../http/index.ts";

/** What an organization is granted of an agent. */
export interface GrantTerms {
  /** In dollars, in place of the agent's own price. */
  price?: number | null | undefined;
  /** When it ends; never by default. */
  expiresAt?: Date | string | null | undefined;
}

/** To which organizations an agent is shown, and who may call it. */
export abstract class GrantCalls extends GatewayRoom {
  /**
   * Shows an agent to an organization, or has it call the agent; in place of what was granted before. To whom it is shown counts while the
   * agent's visibility is `granted`.
   *
   * @param action `call` implies `discover`
   */
  setAgentGrant(
    id: string,
    orgId: string,
    action: "discover" | "call",
    { price = null, expiresAt = null }: GrantTerms = {},
    call?: CallOptions,
  ): Promise<wire.AgentGrant> {
    const expires_at = expiresAt instanceof Date ? expiresAt.toISOString() : expiresAt;
    const body = { actions: [action], price, expires_at };
    return this.http.json({ method: "PUT", path: at`/agents/${id}/grants/${orgId}`, body, ...call });
  }

  getAgentGrant(id: string, orgId: string, call?: CallOptions): Promise<wire.AgentGrant> {
    return this.http.json({ path: at`/agents/${id}/grants/${orgId}`, ...call });
  }

  /** A page of the organizations that an agent is granted to, newest first; `next` goes back as `before`. */
  listAgentGrants(
    id: string,
    page?: Pick<BeforeOptions, "limit" | "before">,
    call?: CallOptions,
  ): Promise<Page<wire.AgentGrant>> {
    return this.http.json({ path: at`/agents/${id}/grants`, query: { ...page }, ...call });
  }

  /** All of them, each as it is taken. */
  agentGrants(id: string, call?: CallOptions): AsyncGenerator<wire.AgentGrant, void> {
    return this.http.each({ path: at`/agents/${id}/grants`, ...call });
  }

  deleteAgentGrant(id: string, orgId: string, call?: CallOptions): Promise<void> {
    return this.http.none({ method: "DELETE", path: at`/agents/${id}/grants/${orgId}`, ...call });
  }
}
