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

/** The gateway's rooms, lowest floor first. A room imports only from floors below its own. */
export const gatewayFloors: readonly (readonly string[])[] = [
  ["runtime"],
  ["http", "limits", "outbound", "storage"],
  ["metrics"],
  ["agents", "webhooks", "call-log", "idempotency", "ledger"],
  ["health", "deploy", "orgs"],
  ["routing", "billing"],
  ["a2a", "commerce", "chains"],
];
