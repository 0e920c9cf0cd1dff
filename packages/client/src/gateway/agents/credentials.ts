import { at, type CallOptions, GatewayRoom, toWireFields } from "../http/index.ts";

/** What the gateway shows an agent. */
export type AgentCredential =
  | { type: "header"; name: string; value: string }
  | { type: "bearer"; token: string }
  | {
      type: "oauth2";
      tokenUrl: string;
      clientId: string;
      clientSecret: string;
      scope?: string | undefined;
      /** The server that tokens are for (RFC 8707). */
      resource?: string | undefined;
    };

/** What an agent is shown in place of its callers' keys. */
export abstract class CredentialCalls extends GatewayRoom {
  /** What the gateway shows the agent in place of its callers' keys. Kept encrypted; it never comes back. */
  setAgentCredential(
    id: string,
    credential: AgentCredential,
    call?: CallOptions,
  ): Promise<{ type: AgentCredential["type"] }> {
    const body = toWireFields(credential);
    return this.http.json({ method: "PUT", path: at`/agents/${id}/credentials`, body, ...call });
  }

  /** Which kind of credential the agent is shown. @throws {@link GatewayError} 404 when it is shown none */
  getAgentCredential(id: string, call?: CallOptions): Promise<{ type: AgentCredential["type"] }> {
    return this.http.json({ path: at`/agents/${id}/credentials`, ...call });
  }

  deleteAgentCredential(id: string, call?: CallOptions): Promise<void> {
    return this.http.none({ method: "DELETE", path: at`/agents/${id}/credentials`, ...call });
  }
}
