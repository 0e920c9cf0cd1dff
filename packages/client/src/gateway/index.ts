export { AgentGateClient, type AgentGateClientOptions } from "./agentgate-client.ts";
export type { ApiKeys } from "./api-keys.ts";
export type { CallLogs, LogOptions, LogPageOptions } from "./call-logs.ts";
export type { ChainEvent, ChainStepBegun } from "./chain-stream.ts";
export { GatewayError, type GatewayErrorDetails } from "./gateway-error.ts";
export type { CallOptions as GatewayCallOptions } from "./gateway-transport.ts";
export type {
  AgentCredential,
  AgentFields,
  AuditOptions,
  BeforeOptions,
  ByNameOptions,
  ChainFields,
  ChainStepFields,
  CheckoutOptions,
  DeployFields,
  EventOptions,
  GrantTerms,
  KeyBounds,
  KeyBudgetFields,
  KeyChanges,
  ListAgentsOptions,
  ListTransactionsOptions,
  NewAgent,
  NewChain,
  NewOrg,
  OrgFields,
  PageOptions,
  ReviewFields,
  RunOptions,
  SearchAgentsOptions,
  TaskOptions,
  TopupOptions,
  UsageBreakdownOptions,
  WebhookDeliveryOptions,
  WebhookEndpointFields,
  WebhookResend,
} from "./options.ts";
export type { SeriesOptions, Statistics, StatsOptions, TopOptions } from "./statistics.ts";
export type { TaskStreamEvent } from "./task-stream.ts";
