import type {
  AgentProtocol,
  AgentSkill,
  AgentVisibility,
  EventTopic,
  Tier,
  TransactionRole,
  UsagePeriodLength,
  WebhookDeliveryStatus,
} from "@agentgate/protocol";
import type { CallOptions } from "./gateway-transport.ts";

export interface PageOptions extends CallOptions {
  limit?: number | undefined;
  offset?: number | undefined;
}

export interface ListAgentsOptions extends PageOptions {
  /** Part of a skill's id or name, any case. */
  skill?: string | undefined;
  /** A whole tag, any case. */
  tag?: string | undefined;
}

export interface ByNameOptions extends CallOptions {
  /** Only agents of this organization. */
  orgId?: string | undefined;
}

/** Which rows of the audit log. */
export interface AuditOptions extends CallOptions {
  /** `admin`, `org`, `gateway`, or the id of a key or an organization. */
  actor?: string | undefined;
  /** `agent.changed`, or `agent.` for all that is done to agents. */
  action?: string | undefined;
  /** The id of what something was done to. */
  target?: string | undefined;
  requestId?: string | undefined;
  /** From this time on. */
  from?: string | undefined;
  /** Before this time. */
  to?: string | undefined;
  before?: string | undefined;
  limit?: number | undefined;
}

export interface ApprovalOptions extends CallOptions {
  /** By default what waits. */
  state?: "pending" | "rejected" | "suspended" | undefined;
  kind?: "agent" | "change" | undefined;
  /** Only agents of this organization. */
  orgId?: string | undefined;
  /** `next` of the page before. */
  before?: string | undefined;
  limit?: number | undefined;
}

export interface SearchAgentsOptions extends PageOptions {
  /** Part of the name, description or a tag. */
  q?: string | undefined;
  /** An agent must carry them all. */
  tags?: readonly string[] | undefined;
  skill?: string | undefined;
  /** Dollars that everybody pays for a task. */
  priceMax?: number | undefined;
  /** From 0 to 5. */
  ratingMin?: number | undefined;
  protocol?: "plain" | "a2a" | undefined;
  health?: "healthy" | "unhealthy" | undefined;
  /** `price`: the cheapest first; `calls`: those called most in thirty days. */
  sort?: "newest" | "name" | "version" | "rating" | "price" | "calls" | undefined;
  /** Also what those that match are like. */
  facets?: boolean | undefined;
}

/** What may be changed of an agent. Absent fields stay as they are. */
export interface AgentFields {
  name?: string | undefined;
  url?: string | undefined;
  description?: string | undefined;
  version?: string | undefined;
  skills?: readonly AgentSkill[] | undefined;
  tags?: readonly string[] | undefined;
  /** Each completed task is told there; the answer shows the secret that signs. `""` removes it. */
  webhookUrl?: string | undefined;
  /** US dollars. */
  pricePerTask?: number | undefined;
  /** Key that callers of this agent must show; `""` removes it. */
  agentApiKey?: string | undefined;
  /** Milliseconds a task may take. */
  timeoutMs?: number | undefined;
  /** What the agent speaks; `auto`, the default, is A2A where a card is found. */
  protocol?: AgentProtocol | "auto" | undefined;
  /** Who sees the agent: `public`, the default, `org` or `granted`. */
  visibility?: AgentVisibility | undefined;
  /** Address of the agent's A2A card, which tells what is not given here. */
  cardUrl?: string | undefined;
  /** The card itself, of an agent that does not publish it. */
  card?: Readonly<Record<string, unknown>> | undefined;
}

/** What an organization is granted of an agent. */
export interface GrantTerms {
  /** In dollars, in place of the agent's own price. */
  price?: number | null | undefined;
  /** When it ends; never by default. */
  expiresAt?: Date | string | null | undefined;
}

export interface NewAgent extends Omit<AgentFields, "name" | "url"> {
  /** The owner. The admin may name any; an organization's key always registers its own. */
  orgId?: string | undefined;
}

/** What the gateway shows an agent. */
export type AgentCredential =
  | { type: "header"; name: string; value: string }
  | { type: "bearer"; token: string }
  | { type: "oauth2"; tokenUrl: string; clientId: string; clientSecret: string; scope?: string | undefined };

export interface TaskOptions extends CallOptions {
  /** The agent's own key. The client's key then only pays for the task. */
  agentApiKey?: string | undefined;
  /** The same key with the same task answers what the first call did, for 24 hours. */
  idempotencyKey?: string | undefined;
}

export interface UsageBreakdownOptions extends CallOptions {
  period?: UsagePeriodLength | undefined;
  /** 1 to 365, 30 by default. */
  days?: number | undefined;
}

export interface ReviewFields {
  /** 1 to 5. */
  rating: number;
  comment?: string | undefined;
  /** A name to show; `anonymous` by default. */
  reviewer?: string | undefined;
}

/** What may be changed of an organization. Absent fields stay as they are. */
export interface OrgFields {
  name?: string | undefined;
  /** US dollars. */
  costPerInvocation?: number | undefined;
  billingAlertThreshold?: number | undefined;
  /** US dollars: when the wallet falls below, the webhook `wallet.low` is told. */
  walletLowThreshold?: number | undefined;
  /** Requests per second. */
  rateLimit?: number | undefined;
  rateBurst?: number | undefined;
  tier?: Tier | undefined;
}

export interface NewOrg extends Omit<OrgFields, "name"> {
  /** Minted by the gateway, and answered once as `api_key`, when absent. */
  apiKey?: string | undefined;
}

export interface ListTransactionsOptions extends PageOptions {
  role?: TransactionRole | undefined;
}

export interface TopupOptions extends CallOptions {
  idempotencyKey?: string | undefined;
}

/** A step of a chain, as it is given. */
export interface ChainStepFields {
  agentId: string;
  /** `{input}` is the run's input, `{previous}` what the step before said; without one the agent is told the latter. */
  inputTemplate?: string | null | undefined;
  /** The agent's own key, where callers need one; kept encrypted. In a change, absent keeps the one there is, `""` clears it. */
  agentApiKey?: string | null | undefined;
}

/** What may be changed of a chain. Absent fields stay as they are; `steps` takes the place of all. */
export interface ChainFields {
  name?: string | undefined;
  description?: string | undefined;
  steps?: readonly ChainStepFields[] | undefined;
}

export interface NewChain {
  description?: string | undefined;
  /** The owner. The admin may name any; an organization's key always makes its own. */
  orgId?: string | undefined;
}

export interface RunOptions extends CallOptions {
  /** One key covers the whole run: a repetition answers what the first did, or goes on where one was broken off. */
  idempotencyKey?: string | undefined;
}

/** What may be changed of who is told of what happens. Absent fields stay as they are. */
export interface WebhookEndpointFields {
  url?: string | undefined;
  /** What it is told; empty for everything. */
  events?: readonly string[] | undefined;
  description?: string | undefined;
  /** `enabled` tells one again that was disabled. */
  status?: "enabled" | "disabled" | undefined;
}

/** Which deliveries of webhooks are listed. */
export interface WebhookDeliveryOptions extends CallOptions {
  endpointId?: string | undefined;
  agentId?: string | undefined;
  event?: string | undefined;
  status?: WebhookDeliveryStatus | undefined;
  /** `next` of the page before. */
  before?: string | undefined;
  /** At most 500. */
  limit?: number | undefined;
}

/** Which deliveries are sent again. */
export interface WebhookResend {
  /** ISO 8601: those written then or later. */
  from: string;
  /** Before then; by default until now. */
  to?: string | undefined;
  /** By default those that failed. */
  status?: "failed" | "delivered" | undefined;
  /** `next` of the answer before. */
  after?: string | undefined;
}

export interface DeployFields {
  name?: string | undefined;
  description?: string | undefined;
  version?: string | undefined;
}

export interface CheckoutOptions extends CallOptions {
  /** A repetition with the same key and body gets the first answer again. */
  idempotencyKey?: string | undefined;
}

/** What may be spent with a key in a time, in US dollars. */
export interface KeyBudgetFields {
  amount: number;
  /** In UTC; `total` never ends. */
  period: "day" | "week" | "month" | "total";
  /** Parts of the amount, each told once in a window. */
  alerts?: readonly number[] | undefined;
}

/** What a key is bounded by, beside its scopes. Null takes a bound away. */
export interface KeyBounds {
  /** Ids of the agents that may be called with it. */
  agents?: readonly string[] | null | undefined;
  /** Seconds until it ends. */
  expiresIn?: number | null | undefined;
  /** Tasks per second. */
  rateLimit?: number | null | undefined;
  rateBurst?: number | null | undefined;
  /** The most that one call may cost, in US dollars. */
  perCallMax?: number | null | undefined;
  /** Addresses and CIDR ranges that it may be shown from. */
  ipAllow?: readonly string[] | null | undefined;
  budgets?: readonly KeyBudgetFields[] | null | undefined;
}

/** What may be changed of a key. */
export interface KeyChanges extends KeyBounds {
  name?: string | undefined;
  scopes?: readonly string[] | undefined;
}

/** What is listened to, and which calls. */
export interface EventOptions extends CallOptions {
  /** `logs` by default. */
  topics?: readonly EventTopic[] | undefined;
  /** Calls of one's own agents, or calls that one pays for; both by default. */
  role?: "owner" | "payer" | undefined;
  agentId?: string | undefined;
  status?: "success" | "error" | undefined;
  /** A kind of failure: `timeout`. */
  error?: string | undefined;
}

/** Which page of a list. */
export interface BeforeOptions extends CallOptions {
  /** `next` of the page before. */
  before?: string | undefined;
  /** At most 500. */
  limit?: number | undefined;
}
