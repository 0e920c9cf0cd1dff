export { AgentGateClient, type AgentGateClientOptions } from "./agentgate-client.ts";
export { GatewayError, type GatewayErrorDetails } from "./gateway-error.ts";
export type { CallOptions as GatewayCallOptions } from "./gateway-transport.ts";
export type {
  AgentCredential,
  AgentFields,
  ByNameOptions,
  DeployFields,
  ListAgentsOptions,
  ListTransactionsOptions,
  NewAgent,
  NewOrg,
  OrgFields,
  PageOptions,
  ReviewFields,
  SearchAgentsOptions,
  TaskOptions,
  TopupOptions,
  UsageBreakdownOptions,
} from "./options.ts";
export type { TaskStreamEvent } from "./task-stream.ts";
