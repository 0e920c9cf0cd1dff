import type { MicroDollars } from "@agentgate/protocol";
import type { ServerSpeech, SkippedTool } from "../../mcp-servers/index.ts";
import type { Micros } from "../../runtime/index.ts";
import type { AgentCredential } from "../credential.ts";

/** Whether tools that changed, or are new, wait for their owner's word. */
export const trusts = ["pin", "auto"] as const;
export type ToolTrust = (typeof trusts)[number];

/** Whose sessions are kept at a server of the legacy era: each caller has its own, or all share one. */
export const sessionSettings = ["caller", "shared"] as const;
export type SessionSetting = (typeof sessionSettings)[number];

/** What the gateway knows of an agent that is an MCP server, beside its tools. Immutable. */
export interface McpServer {
  readonly agentId: string;
  /** Where it was looked at: one that has moved is looked at anew. */
  readonly url: string;
  readonly speech: ServerSpeech;
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** The tools that its owner wants; all of them where undefined. */
  readonly include: readonly string[] | undefined;
  readonly trust: ToolTrust;
  readonly session: SessionSetting;
  /** Tools that cannot be offered, and why. */
  readonly skipped: readonly SkippedTool[];
  /** How long a list of its tools holds, in milliseconds. */
  readonly listTtlMs: number;
  /** When it was found out how it is spoken to. */
  readonly probedAt: Micros;
  /** When its tools were read last and were otherwise than before. */
  readonly listedAt: Micros;
}

const MINUTE = 60_000;
/** A list of a server that does not say how long it holds, which no legacy server does. */
const TTL_DEFAULT_MS = 5 * MINUTE;

/** No shorter than a minute, and no longer than an hour. */
export const listTtlMs = (said: number | undefined): number =>
  Math.min(60 * MINUTE, Math.max(MINUTE, said ?? TTL_DEFAULT_MS));

/** What a request says of an MCP server beside what it says of every agent. */
export interface GivenServer {
  url?: string | null | undefined;
  tools?: { include?: string[] | undefined; prices?: Record<string, MicroDollars> | undefined } | null | undefined;
  trust?: ToolTrust | null | undefined;
  session?: SessionSetting | null | undefined;
  credential?: AgentCredential | null | undefined;
  prices?: Readonly<Record<string, MicroDollars>> | null | undefined;
  card?: unknown;
  card_url?: unknown;
  skills?: unknown;
}
