import type { Generated } from "kysely";

/** The registry: what is called, by whom, and what waits to be. */
export interface AgentsDatabase {
  agents: AgentsTable;
  agent_skills: AgentSkillsTable;
  agent_grants: AgentGrantsTable;
  agent_changes: AgentChangesTable;
  agent_credentials: AgentCredentialsTable;
  agent_health: AgentHealthTable;
}

export interface AgentsTable {
  /** In the order of registration; what SQLite's search index points at. */
  seq: Generated<bigint>;
  id: string;
  name: string;
  description: string;
  url: string;
  version: string;
  /** Sorts as semantic versions do, in byte order. */
  version_key: string;
  /** JSON array. */
  skills: string;
  /** The ids and names of the skills in lower case, for searching. */
  skills_text: string;
  /** JSON array as given. */
  tags: string;
  /** The tags in lower case between separators, for searching. */
  tags_text: string;
  /** Name, description and tags in lower case, for searching. */
  search_text: string;
  webhook_url: string | null;
  price_per_task: bigint;
  /** JSON: micro-dollars as text by the id of each skill that has a price of its own; `{}` for none. */
  prices: Generated<string>;
  /** Begins the names of its tools: unique, and fixed. */
  slug: Generated<string>;
  org_id: string | null;
  /** SHA-256 of the agent's own key. */
  key_hash: string | null;
  deployed: bigint;
  timeout_ms: bigint | null;
  /** What the agent speaks; an A2A agent has a row in `agent_cards`. */
  protocol: Generated<"plain" | "a2a" | "mcp" | "site">;
  /** What was said of it; `auto` follows what is found. */
  protocol_setting: Generated<"auto" | "plain" | "a2a" | "mcp" | "site">;
  /** Whether it may be called, why not, and since when; null where nobody was ever asked. */
  approval: Generated<"approved" | "pending" | "rejected" | "suspended">;
  approval_reason: string | null;
  approval_since: bigint | null;
  /** Of its row in `agent_changes`; null when it has none. */
  change_state: "pending" | "rejected" | null;
  /** Who sees it: everybody, its organization alone, or those that it is granted to as well. */
  visibility: Generated<"public" | "org" | "granted">;
  /** 1 of one that may have rows in `agent_grants`: of all others there is nothing to look up. */
  has_grants: Generated<bigint>;
  /** 1 of one that not everybody sees: by its visibility, or because it is not approved. What lists and counts go by. */
  hidden: Generated<bigint>;
  /** 1 of a hidden one that those see whom it is granted to. */
  granted: Generated<bigint>;
  /** Of the agent's reviews, written with them; a rating of 0 means none. */
  review_count: Generated<bigint>;
  rating: Generated<number>;
  /** Calls of the last thirty days, in three digits: what agents are ordered by; counted by the rollups. */
  recent_calls: Generated<bigint>;
  created_at: bigint;
  updated_at: bigint;
}

/** What an agent can do, one thing a row. An agent that names nothing has one row, with an empty id, for the whole of it. */
export interface AgentSkillsTable {
  agent_id: string;
  /** What a task names it by. */
  id: string;
  /** In the agent's own list. */
  position: bigint;
  title: string | null;
  description: string;
  /** JSON, as what follows; null for none. */
  input_schema: string | null;
  output_schema: string | null;
  annotations: string | null;
  /** Micro-dollars; null for the agent's own price. */
  price: bigint | null;
  /** What it is called as a tool at the agent's own address, and among those of all agents. Fixed. */
  name: string;
  tool: string;
  /** Id, title and description in lower case, for searching. */
  search_text: string;
  /** SHA-256 of what a model reads of it, in hexadecimal. */
  digest: string;
  /** Whether it is offered, and why not: it was changed upstream, is new there, or is gone. */
  state: "live" | "changed" | "pending" | "gone";
  /** JSON: what was found upstream where that is not what is approved. */
  found: string | null;
}

/** To which organizations an agent is shown, and at which price. */
export interface AgentGrantsTable {
  agent_id: string;
  org_id: string;
  /** 1 for one that may call it too. */
  may_call: bigint;
  /** Of a task, in micro-dollars, in place of the agent's own. */
  price: bigint | null;
  /** Microseconds since the epoch. */
  expires_at: bigint | null;
  created_at: bigint;
  updated_at: bigint;
}

/** A change of an agent that waits for approval, or was refused. */
export interface AgentChangesTable {
  agent_id: string;
  state: "pending" | "rejected";
  reason: string | null;
  /** When it began to wait, or was refused. */
  since: bigint;
  /** JSON: the fields of the record that it changes. */
  fields: string;
  /** What it does to the card; one that takes its place is in the next three. */
  card_fate: "kept" | "replaced" | "dropped";
  card_url: string | null;
  card_original: string | null;
  card_address: string | null;
}

/** What the gateway shows an agent in place of the caller's credentials. */
export interface AgentCredentialsTable {
  agent_id: string;
  kind: "header" | "bearer" | "oauth2";
  /** JSON, encrypted. */
  sealed: string;
  updated_at: bigint;
}

/** What came of the last look at each agent. */
export interface AgentHealthTable {
  agent_id: string;
  status: "healthy" | "unhealthy";
  checked_at: bigint;
  latency_us: bigint | null;
  error: string | null;
  /** How often in a row it did not answer in time. */
  hangs: bigint;
  /** Until when it is left alone for that; 0 when it is not. */
  rests_until: bigint;
}
