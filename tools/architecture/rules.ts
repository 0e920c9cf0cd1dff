/** What may import what. docs/architecture.md explains the floors in words. */

/** Workspace packages each package may import from its production sources. */
export const packageImports: Record<string, readonly string[]> = {
  protocol: [],
  client: ["protocol"],
  site: ["protocol"],
  gateway: ["protocol", "client"],
  dashboard: ["client", "protocol"],
  cli: ["client", "gateway", "site", "protocol"],
};

/** The gateway's rooms, lowest floor first, also those that are still to come. A room imports only from floors below its own. */
export const gatewayFloors: readonly (readonly string[])[] = [
  ["runtime"],
  ["http", "json-schema", "limits", "outbound", "storage"],
  ["access", "leases", "mcp-servers"],
  ["audit", "metrics", "outbox", "secrets"],
  ["nodes", "telemetry", "webhooks"],
  ["agents", "call-log", "idempotency", "keys", "ledger", "sites"],
  ["analytics", "directory", "health", "orgs"],
  ["billing", "routing"],
  ["deploy", "events"],
  ["a2a", "chains", "ucp"],
  ["mcp"],
  ["web"],
  ["config"],
];

/** Opens the rooms and knows no rule: what makes it longer belongs into one of them. */
export const compositionRoot = { path: "packages/gateway/src/app.ts", linesMax: 180 } as const;

/** The one room of the gateway that opens connections outward. `pg` and `ioredis` go to the operator's own databases. */
export const wayOut = { within: "packages/gateway/src/", room: "packages/gateway/src/outbound/" } as const;

/** Modules that can connect, with the names that cannot. */
export const connectingModules: Record<string, readonly string[]> = {
  undici: [],
  http: ["STATUS_CODES", "METHODS", "createServer", "Server", "IncomingMessage", "ServerResponse", "maxHeaderSize"],
  https: ["createServer", "Server"],
  http2: ["createServer", "createSecureServer", "constants"],
  net: ["isIP", "isIPv4", "isIPv6", "BlockList", "SocketAddress", "createServer", "Server"],
  tls: ["createServer", "createSecureContext", "rootCertificates"],
  dgram: [],
  ws: ["WebSocketServer"],
};

export const connectingGlobals: readonly string[] = ["fetch", "WebSocket", "EventSource"];
