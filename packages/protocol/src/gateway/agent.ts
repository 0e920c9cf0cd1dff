import type { AgentApproval, AgentProposal } from "./approval.ts";

/** A registered agent (contract section 2). Never carries a key. */
export interface Agent {
  id: string;
  name: string;
  description: string;
  url: string;
  version: string;
  skills: AgentSkill[];
  /** US dollars, by the id of each skill that has a price of its own; absent where none has. */
  prices?: Record<string, number>;
  /** Begins the names of its tools; never changes. */
  slug?: string;
  tags: string[];
  /** Shown to the owner and the admin; null for others. */
  webhook_url: string | null;
  /** Signs what `webhook_url` is told: shown once, by the call that set it. */
  webhook_secret?: string;
  /** US dollars: what a task costs that names no skill, or one without a price of its own. */
  price_per_task: number;
  /** The owner; null when the agent belongs to no organization. */
  org_id: string | null;
  /** Whether the gateway runs the agent itself. */
  deployed: boolean;
  /** Longest time a task may take; null means the gateway's default. */
  timeout_ms?: number | null;
  /** What the agent speaks. */
  protocol?: AgentProtocol;
  /** What was said of that; `auto` follows what the gateway finds. */
  protocol_setting?: AgentProtocol | "auto";
  /** Who sees it: everybody, its organization alone, or those that it is granted to as well. */
  visibility?: AgentVisibility;
  /** Whether callers need the agent's own key. */
  requires_key?: boolean;
  /** ISO 8601 UTC, as every `*_at`. */
  created_at: string;
  updated_at: string;
  /** Shown to the owner and the admin, of agents about which somebody was asked. */
  approval?: AgentApproval;
  /** Of an MCP server, to its owner and the admin, where the agent is answered by itself: which tools are offered, null for all. */
  tools?: { include: string[] | null };
  /** Likewise: whether tools that changed or are new wait until they were looked at. */
  trust?: "pin" | "auto";
  /** Likewise: one for each caller, or one for all. */
  session?: "caller" | "shared";
  /** Tools of an MCP server that are not offered: told by the call that registered or changed it. */
  skipped?: { name: string; reason: string }[];
  /** What waits for approval: shown to the owner and the admin, where the agent is answered by itself. */
  pending?: AgentProposal;
  /** What was not approved last; likewise. */
  rejected?: AgentProposal;
}

export type AgentVisibility = "public" | "org" | "granted";

/** What an agent's owner grants an organization. */
export interface AgentGrant {
  agent_id: string;
  org_id: string;
  /** `call` implies `discover`. */
  actions: ("discover" | "call")[];
  /** US dollars, in place of the agent's own price; null for that. */
  price: number | null;
  expires_at: string | null;
  created_at: string;
  updated_at: string;
}

/** What agents speak: the plain contract, A2A as their card says, MCP's tools, or the manifest of a website. */
export type AgentProtocol = "plain" | "a2a" | "mcp" | "site";

/** What an agent can do, in the words of its A2A card; more members may be there. */
export interface AgentSkill {
  id?: string;
  name?: string;
  description?: string;
  tags?: string[];
  /** US dollars, of a skill that has a price of its own. */
  price?: number;
  [member: string]: unknown;
}

/** One result of a search: the public fields and what reviewers thought. */
export interface AgentSearchItem extends Agent {
  /** 1 to 5 with two decimals; null without reviews. */
  avg_rating: number | null;
  review_count: number;
  /** What the gateway's last look found. */
  health: "healthy" | "unhealthy" | "unknown";
  /** Milliseconds that half of its calls took at most, within 5 %; some minutes old, as the next two. */
  p50_ms: number | null;
  p95_ms: number | null;
  /** From 0 to 1, not rounded; null without calls. */
  success_30d: number | null;
  calls_30d: number;
}

export interface AgentSearchPage {
  /** Matches over all pages; at least so many when `total_is_exact` is false, of which the first `total` can be paged through. */
  total: number;
  total_is_exact: boolean;
  offset: number;
  limit: number;
  agents: AgentSearchItem[];
  /** Where they were asked for. */
  facets?: SearchFacets;
}

export interface TagCount {
  name: string;
  count: number;
}

/** What agents are like that a search finds, of the newest thousand of them. */
export interface SearchFacets {
  /** Of how many agents they tell. */
  agents: number;
  /** The thirty that most of them carry. */
  tags: { name: string; count: number }[];
  protocols: Record<AgentProtocol, number>;
  health: { healthy: number; unhealthy: number; unknown: number };
  /** Ascending: more than the one before, and up to `max` dollars, null for no bound. */
  prices: { max: number | null; count: number }[];
  /** Descending: those rated `min` or better. */
  ratings: { min: number; count: number }[];
}

/** What lives at an address, as a registration would find it. */
export interface AgentPreview {
  /** What it speaks; null where nobody answers. */
  protocol: AgentProtocol | null;
  card_url: string | null;
  /** What a registration of it takes; of an agent of the plain contract a name as well. */
  registration: { url?: string; card_url?: string; protocol?: AgentProtocol };
  name: string;
  description: string;
  version: string;
  skills: Record<string, unknown>[];
  interfaces: { url: string; binding: string; version: string }[];
  streaming: boolean;
  push_notifications: boolean;
  /** As it was served. */
  card: Record<string, unknown> | null;
  /** An error keeps it from being registered, or from answering. */
  findings: { code: string; severity: "info" | "warning" | "error"; message: string }[];
}
