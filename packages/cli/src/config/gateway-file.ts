import type { AgentFields } from "@agentgate/client";
import type { AgentSkill } from "@agentgate/protocol";

/** A key that does not stand in the file: the name of the environment variable that holds it. */
export interface SecretReference {
  env: string;
}

/** An organization as the file has it. What is absent stays as it is. */
export interface OrgEntry {
  id?: string;
  name: string;
  tier?: string;
  cost_per_invocation?: number;
  billing_alert_threshold?: number;
  wallet_low_threshold?: number;
  rate_limit?: number;
  rate_burst?: number;
  api_key?: SecretReference;
}

export interface AgentEntry extends Pick<AgentFields, "trust" | "session"> {
  id?: string;
  name: string;
  /** The organization's name; absent for the one whose key is used or, with the admin's, for none. */
  org?: string;
  /** In the file, `site:` or `mcp:` may stand for it and `protocol`. */
  url: string;
  description?: string;
  version?: string;
  skills?: AgentSkill[];
  tags?: string[];
  price_per_task?: number;
  /** US dollars, by the id of each skill that has a price of its own. */
  prices?: Record<string, number>;
  /** Of an MCP server. What its tools cost is among the `prices`, in whichever way the file says it. */
  tools?: { include: readonly string[] };
  webhook_url?: string;
  timeout_ms?: number;
  protocol?: string;
  visibility?: string;
  agent_api_key?: SecretReference;
}

export interface WebhookEntry {
  id?: string;
  url: string;
  org?: string;
  events?: string[];
  description?: string;
}

export interface StepEntry {
  /** The agent's name, `organization/name`, or id. */
  agent: string;
  input_template?: string;
  /** Id of the agent's skill that the step is for. */
  skill?: string;
  agent_api_key?: SecretReference;
}

export interface ChainEntry {
  id?: string;
  name: string;
  org?: string;
  description?: string;
  steps: StepEntry[];
}

/** What a `gateway.yaml` says. A section that is absent is not looked at. */
export interface GatewayFile {
  orgs?: OrgEntry[];
  agents?: AgentEntry[];
  webhooks?: WebhookEntry[];
  chains?: ChainEntry[];
}

export type Kind = keyof GatewayFile;

/** In the order in which they are made; they are deleted the other way round. */
export const kinds = ["orgs", "agents", "webhooks", "chains"] as const satisfies Kind[];

/** One of them, in words. */
export const nouns: Record<Kind, string> = { orgs: "org", agents: "agent", webhooks: "webhook", chains: "chain" };
