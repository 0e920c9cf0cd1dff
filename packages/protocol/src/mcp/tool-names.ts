/** Names that every client takes: 16 of the 64 characters that some allow are left for `mcp__<server>__`. */
export const TOOL_NAME_LENGTH_MAX = 48;
export const TOOL_NAME = /^[a-z0-9_-]{1,48}$/;

/** Nobody's slug: tools of the gateway's own begin with it. */
export const RESERVED_SLUG = "agentgate";

/** Between an agent's slug and its skill. */
export const SLUG_SEPARATOR = "__";
