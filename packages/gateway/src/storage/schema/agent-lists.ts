import type { Generated } from "kysely";

/** What lists of agents are filtered, counted and judged by. */
export interface AgentListsDatabase {
  agent_tags: AgentTagsTable;
  agent_tag_counts: AgentTagCountsTable;
  reviews: ReviewsTable;
  review_counts: ReviewCountsTable;
  totals: TotalsTable;
}

/** An agent's tags; of spellings that differ in case only, the first. */
export interface AgentTagsTable {
  agent_id: string;
  tag: string;
  tag_key: string;
  /** 1 of an agent that not everybody sees. */
  hidden: Generated<bigint>;
}

/** How many agents carry each tag, of those that everybody sees and of the others; kept by triggers. */
export interface AgentTagCountsTable {
  /** 1 for the agents that not everybody sees, which are counted apart. */
  hidden: bigint;
  tag_key: string;
  /** Of the spellings in use, the first in byte order. */
  name: string;
  agents: bigint;
}

export interface ReviewsTable {
  id: string;
  agent_id: string;
  /** Who wrote it: `admin` or an organization's id. One review per author and agent. */
  author: string;
  rating: bigint;
  comment: string;
  /** The name the author gave. */
  reviewer: string;
  created_at: bigint;
}

/** How many reviews gave an agent each rating; kept by triggers. */
export interface ReviewCountsTable {
  agent_id: string;
  rating: bigint;
  count: bigint;
}

/** How many rows there are; kept by triggers. */
export interface TotalsTable {
  name: "agents" | "hidden_agents";
  count: bigint;
}
