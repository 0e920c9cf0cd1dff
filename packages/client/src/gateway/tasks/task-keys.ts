import type { GatewayTransport } from "../http/index.ts";

/** Keys of a call to an agent. */
export interface AgentKeyOptions {
  /** The agent's own key. The client's key then only pays for the task. */
  agentApiKey?: string | undefined;
}

/** With an agent's own key, the client's key is shown beside it. */
export const keysFor = (http: GatewayTransport, { agentApiKey }: AgentKeyOptions) => ({
  apiKey: agentApiKey,
  headers: { "x-agentgate-payer-key": agentApiKey === undefined ? undefined : http.apiKey },
});
