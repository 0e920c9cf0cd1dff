/** Who is told of what happens (contract section 11). */
export interface WebhookEndpoint {
  id: string;
  org_id: string | null;
  /** Of an agent's `webhook_url`, the agent, whose id it has. */
  agent_id: string | null;
  url: string;
  /** What it is told; empty for everything. */
  events: string[];
  description: string;
  status: "enabled" | "disabled";
  disabled_reason: string | null;
  /** When it failed first since it last took something. */
  failing_since: string | null;
  /** Whether it has a secret. */
  is_signed: boolean;
  created_at: string;
  updated_at: string;
}

/** With the secret, which is shown this once. */
export interface NewWebhookEndpoint extends WebhookEndpoint {
  secret: string;
}
