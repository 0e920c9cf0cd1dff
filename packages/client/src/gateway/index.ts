export {
  AgentGateClient,
  AgentGateClient as AsyncAgentGateClient,
  type AgentGateClientOptions,
} from "./agentgate-client.ts";
export type {
  AgentCredential,
  AgentFields,
  AgentFilter,
  AgentsByNameOptions,
  ApprovalFilter,
  ApprovalOptions,
  ByNameOptions,
  CardOptions,
  GrantTerms,
  ListAgentsOptions,
  NewAgent,
  PageOptions,
  RefreshOptions,
  ReviewFields,
  SearchAgentsOptions,
  ToolTerms,
} from "./agents/index.ts";
export type {
  CallLogs,
  EventOptions,
  LogOptions,
  LogPageOptions,
  SeriesOptions,
  Statistics,
  StatsOptions,
  TopOptions,
  UsageBreakdownOptions,
} from "./calls/index.ts";
export type { ChainEvent, ChainFields, ChainStepBegun, ChainStepFields, NewChain, RunOptions } from "./chains/index.ts";
export {
  type CatalogFilters,
  type CatalogQuery,
  type CatalogSearch,
  type CheckoutFields,
  type CheckoutLine,
  type CheckoutOptions,
  type NewCheckoutOptions,
  type UcpChangeOptions,
  type UcpOptions,
  UcpShop,
} from "./commerce/index.ts";
export type { DeployFields } from "./deployments/index.ts";
export {
  AgentUnreachableError,
  type AnyErrorCode,
  BudgetExceededError,
  type ClientErrorCode,
  GatewayAuthError,
  GatewayError,
  type GatewayErrorDetails,
  InsufficientBalanceError,
  NotFoundError,
  RateLimitError,
} from "./errors/index.ts";
export type { BeforeOptions, CallOptions as GatewayCallOptions, GatewayTiming, Page } from "./http/index.ts";
export type { ListTransactionsOptions, StatementOptions, TopupOptions, TransactionFilter } from "./money/index.ts";
export type { AuditFilter, AuditOptions } from "./operator/index.ts";
export type {
  ApiKeys,
  KeyBounds,
  KeyBudgetFields,
  KeyChanges,
  ListOrgsOptions,
  NewOrg,
  OrgAgentFilter,
  OrgFields,
  OrgFilter,
} from "./orgs/index.ts";
export {
  A2aAgent,
  type AgentKeyOptions,
  type AgentTaskFilter,
  type AgentTaskOptions,
  type MessageInput,
  type MessageOptions,
  type TaskExtras,
  type TaskFile,
  type TaskFilter,
  type TaskInput,
  type TaskListOptions,
  type TaskOptions,
  type TaskStreamEvent,
  textOf,
} from "./tasks/index.ts";
export type {
  WebhookDeliveryFilter,
  WebhookDeliveryOptions,
  WebhookEndpointFields,
  WebhookEndpointFilter,
  WebhookResend,
} from "./webhooks/index.ts";
