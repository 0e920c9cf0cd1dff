/**
 * Codes of JSON-RPC errors. -32020 to -32099 belong to MCP alone, and A2A has -32001 to -32059 here: whatever is the gateway's own is told
 * by its HTTP status, which lies outside the range that JSON-RPC reserves.
 */
export const rpcCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** A header and the body differ (SEP-2243). */
  headerMismatch: -32020,
  /** The request needs a capability that it does not declare. */
  missingCapability: -32021,
  /** `data: {supported, requested}`. */
  unsupportedVersion: -32022,
} as const;
