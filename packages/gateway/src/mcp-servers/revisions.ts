/** The stateless revision: each request says for itself what it is, and there are no sessions. */
export const MODERN_REVISION = "2026-07-28";
/** Those that begin with `initialize`, newest first. */
export const LEGACY_REVISIONS: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/** How a server is spoken to. */
export interface ServerSpeech {
  era: "modern" | "legacy";
  /** The revision that was agreed on. */
  version: string;
}

/** Names in `_meta` of the stateless revision. */
export const META = {
  version: "io.modelcontextprotocol/protocolVersion",
  capabilities: "io.modelcontextprotocol/clientCapabilities",
  client: "io.modelcontextprotocol/clientInfo",
  server: "io.modelcontextprotocol/serverInfo",
} as const;

export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

/** Codes that belong to the stateless revision alone (SEP-2243, SEP-2575): who answers one of them speaks it. */
export const isModernCode = (code: number): boolean => code <= -32020 && code >= -32099;
export const UNSUPPORTED_VERSION = -32022;
