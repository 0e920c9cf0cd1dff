import type { Agent } from "./agent.ts";

/** What a card says otherwise than before. */
export interface CardDifference {
  /** JSON pointer into the card. */
  path: string;
  /** Absent of what was added. */
  before?: unknown;
  /** Absent of what was removed. */
  after?: unknown;
  /** Of a site: whether callers of what was approved may fail. */
  breaking?: boolean;
  /** Of a site: the same in a sentence. */
  message?: string;
}

/** What became of an agent whose card was fetched anew. */
export interface CardRefresh {
  changed: boolean;
  differences: CardDifference[];
  /** Of an MCP server's tools as they were found, or of what a website tells otherwise: to approve just that. */
  digest?: string;
  /** Tools of the server that are not offered. */
  skipped?: { name: string; reason: string }[];
  agent: Agent;
}
