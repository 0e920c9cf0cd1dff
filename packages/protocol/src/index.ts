export type {
  Agent,
  AgentGrant,
  AgentProtocol,
  AgentSearchItem,
  AgentSearchPage,
  AgentSkill,
  AgentVisibility,
  SearchFacets,
  TagCount,
} from "./gateway/agent.ts";
export type { ApiKey, KeyBudget, Me, MintedKey } from "./gateway/api-key.ts";
export type { AgentApproval, AgentApprovalEntry, AgentFieldChange, AgentProposal } from "./gateway/approval.ts";
export type { AuditEntry, AuditPage, AuditReport } from "./gateway/audit.ts";
export type { BillingPeriod, OrgBilling, OrgBillingBreakdown } from "./gateway/billing.ts";
export type { Chain, ChainRun, ChainStep, ChainTraceEntry } from "./gateway/chain.ts";
export type { CheckoutSession, UcpCatalog, UcpProduct } from "./gateway/checkout.ts";
export type { Deployment, DeploymentLogs, DeploymentSecrets, DeploymentStatus } from "./gateway/deployment.ts";
export type { EventTopic, GatewayEvent } from "./gateway/event.ts";
export type { AgentHealth, GatewayHealth, NamedAgentHealth } from "./gateway/health.ts";
export type { LedgerReport } from "./gateway/ledger-report.ts";
export type {
  LogDetails,
  LogEntry,
  LogFacets,
  LogFacetValue,
  LogHistogram,
  LogPage,
} from "./gateway/log-entry.ts";
export {
  formatMicroDollars,
  MICRO_DOLLARS_MAX,
  type MicroDollars,
  microDollarsFromNumber,
  microDollarsToJson,
  microDollarsToNumber,
  type RawJsonNumber,
} from "./gateway/money.ts";
export type { GatewayNode, GatewaySetting } from "./gateway/node.ts";
export type { CreatedOrg, KeyRotation, MyOrg, Org, TierChange } from "./gateway/org.ts";
export type { ProblemBody, ProblemFinding } from "./gateway/problem.ts";
export type { Review, ReviewStats } from "./gateway/review.ts";
export type { SignInLink, WebSession } from "./gateway/session.ts";
export type {
  AgentStats,
  CallSums,
  PublicStats,
  StatsBreakdown,
  StatsPart,
  StatsPoint,
  StatsSeries,
  StatsTop,
} from "./gateway/stats.ts";
export type { PricedAnswer, TaskMessage, TaskPart, TaskRequest } from "./gateway/task.ts";
export type { AgentTaskMetrics, TaskMetricsReport } from "./gateway/task-metrics.ts";
export { isTier, type Tier, type TierLimits, tierLimits, tiers } from "./gateway/tiers.ts";
export type { Transaction, TransactionRole, TransactionSummary } from "./gateway/transaction.ts";
export type { AgentUsage, UsageBreakdown, UsagePeriod, UsagePeriodLength } from "./gateway/usage.ts";
export type { PendingTopup, Topup, Wallet } from "./gateway/wallet.ts";
export type { OrgLimit, WalletEntry, WalletHold } from "./gateway/wallet-entry.ts";
export type {
  WebhookAttempt,
  WebhookDelivery,
  WebhookDeliveryDetails,
  WebhookDeliveryStatus,
} from "./gateway/webhook-delivery.ts";
export type { NewWebhookEndpoint, WebhookEndpoint } from "./gateway/webhook-endpoint.ts";
export { nearest } from "./nearest.ts";
