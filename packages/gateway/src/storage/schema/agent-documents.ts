/** What agents of each protocol tell of themselves, as it was read. */
export interface AgentDocumentsDatabase {
  agent_cards: AgentCardsTable;
  mcp_servers: McpServersTable;
  agent_manifests: AgentManifestsTable;
}

export interface AgentCardsTable {
  agent_id: string;
  card_url: string;
  /** The card's text as it was served. */
  original: string;
  fetched_at: bigint;
  /** Where tasks go although no interface of the card is there, as a request said. */
  address: string | null;
}

/** What is known of an agent that is an MCP server; its tools are rows of `agent_skills`. */
export interface McpServersTable {
  agent_id: string;
  /** Where it was looked at. */
  url: string;
  era: "modern" | "legacy";
  /** The revision that it is spoken to in. */
  version: string;
  /** JSON, as what follows. */
  capabilities: string;
  /** Names of the tools that are wanted; null for all. */
  include: string | null;
  trust: "pin" | "auto";
  session: "caller" | "shared";
  /** Tools that cannot be offered, and why. */
  skipped: string;
  list_ttl_ms: bigint;
  /** Microseconds since the epoch. */
  probed_at: bigint;
  listed_at: bigint;
}

/** Manifests of websites that are agents. */
export interface AgentManifestsTable {
  agent_id: string;
  /** Where its paths begin. */
  url: string;
  /** JSON: as it was approved, with what was added since. */
  approved: string;
  /** JSON: as it was served last, where that is otherwise. */
  found: string | null;
  /** SHA-256 of the text as it was served last, in hexadecimal. */
  digest: string;
  etag: string | null;
  /** JSON: what the directory of sites tells of it. */
  entry: string;
  /** When it was last seen. */
  checked_at: bigint;
  /** When it was last looked for, seen or not. */
  due_at: bigint;
  /** Why it was not seen then. */
  failure: string | null;
}
