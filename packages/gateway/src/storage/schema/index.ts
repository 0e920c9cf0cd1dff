import type { A2ADatabase } from "./a2a.ts";
import type { AgentDocumentsDatabase } from "./agent-documents.ts";
import type { AgentListsDatabase } from "./agent-lists.ts";
import type { AgentsDatabase } from "./agents.ts";
import type { AuditDatabase } from "./audit.ts";
import type { CallLogDatabase } from "./call-log.ts";
import type { CallsDatabase } from "./calls.ts";
import type { DeploymentsDatabase } from "./deployments.ts";
import type { KeysDatabase } from "./keys.ts";
import type { LedgerDatabase } from "./ledger.ts";
import type { McpDatabase } from "./mcp.ts";
import type { NodesDatabase } from "./nodes.ts";
import type { OrgsDatabase } from "./orgs.ts";
import type { RollupDatabase } from "./rollups.ts";
import type { UcpDatabase } from "./ucp.ts";
import type { WebhooksDatabase } from "./webhooks.ts";

export type * from "./a2a.ts";
export type * from "./agent-documents.ts";
export type * from "./agent-lists.ts";
export type * from "./agents.ts";
export type * from "./audit.ts";
export type * from "./call-log.ts";
export type * from "./calls.ts";
export type * from "./deployments.ts";
export type * from "./keys.ts";
export type * from "./ledger.ts";
export type * from "./mcp.ts";
export type * from "./nodes.ts";
export type * from "./orgs.ts";
export type * from "./rollups.ts";
export type * from "./ucp.ts";
export type * from "./webhooks.ts";

/**
 * The tables, one area a file. Portable types only: text, bigint (read as `bigint` on both engines), double (never money). Times are
 * microseconds since the epoch, money is micro-dollars, booleans are 0 or 1, JSON is text.
 */
export interface Database
  extends A2ADatabase,
    AgentDocumentsDatabase,
    AgentListsDatabase,
    AgentsDatabase,
    AuditDatabase,
    CallLogDatabase,
    CallsDatabase,
    DeploymentsDatabase,
    KeysDatabase,
    LedgerDatabase,
    McpDatabase,
    NodesDatabase,
    OrgsDatabase,
    RollupDatabase,
    UcpDatabase,
    WebhooksDatabase {}
