export type {
  A2aAnswer,
  A2aArtifact,
  A2aEvent,
  A2aMessage,
  A2aPart,
  A2aPushConfig,
  A2aTask,
  A2aTaskPage,
} from "./gateway/a2a-objects.ts";
export type {
  Agent,
  AgentGrant,
  AgentPreview,
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
export type { CallFilter } from "./gateway/call-filter.ts";
export { type CalledAgent, type CallSnippet, callSnippetsOf } from "./gateway/call-snippets.ts";
export type { CardDifference, CardRefresh } from "./gateway/card-refresh.ts";
export type { Chain, ChainRun, ChainStep, ChainTraceEntry } from "./gateway/chain.ts";
export type {
  CanceledCheckout,
  CheckoutDetails,
  CheckoutSession,
  ListedCheckout,
  ListedOrder,
  OrderDetails,
  OrderRun,
  PurchaseLine,
  UcpCatalog,
  UcpProduct,
} from "./gateway/checkout.ts";
export { type DearerSkill, dearerSkills } from "./gateway/dearer-skills.ts";
export type { Deployment, DeploymentLogs, DeploymentSecrets, DeploymentStatus } from "./gateway/deployment.ts";
export type { AiCatalog, AiCatalogEntry, ApiCatalog, Discovery, PublicKeys } from "./gateway/discovery.ts";
export type { GatewayErrorCode } from "./gateway/error-code.ts";
export type { EventTopic, GatewayEvent } from "./gateway/event.ts";
export type { AgentHealth, GatewayHealth, NamedAgentHealth } from "./gateway/health.ts";
export type { LedgerCheck, LedgerReport, LedgerState } from "./gateway/ledger-report.ts";
export type { ListedAgent } from "./gateway/listed-agent.ts";
export type {
  LogDetails,
  LogEntry,
  LogFacets,
  LogFacetValue,
  LogHistogram,
  LogPage,
} from "./gateway/log-entry.ts";
export { type McpPlace, type McpSnippet, mcpSnippetsOf } from "./gateway/mcp-snippets.ts";
export { META_PREFIX, SKILL_META } from "./gateway/meta.ts";
export {
  formatMicroDollars,
  MICRO_DOLLARS_MAX,
  type MicroDollars,
  microDollarsFromNumber,
  microDollarsToJson,
  microDollarsToNumber,
  type RawJsonNumber,
} from "./gateway/money.ts";
export type { GatewayNode, GatewaySetting, LogSink } from "./gateway/node.ts";
export type { CreatedOrg, KeyRotation, MyOrg, Org, TierChange } from "./gateway/org.ts";
export type { ProblemBody, ProblemFinding } from "./gateway/problem.ts";
export type { Review, ReviewStats } from "./gateway/review.ts";
export { argumentsLike } from "./gateway/schema-example.ts";
export type { ListedSession, SignInLink, WebSession } from "./gateway/session.ts";
export {
  type OfferedSkill,
  type OfferedSkillPage,
  type OfferedSkillWords,
  pinnedWords,
  SKILL_ID_MAX,
  type SkillWords,
  skillIdOf,
  skillWordsOf,
} from "./gateway/skill.ts";
export type { Statement, StatementLine, StatementTotal } from "./gateway/statement.ts";
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
export type { PricedAnswer, TaskAnswer, TaskMessage, TaskPart, TaskRequest } from "./gateway/task.ts";
export type { TaskEntry, TaskEntryPage } from "./gateway/task-entry.ts";
export type { AgentTaskMetrics, TaskMetricsReport } from "./gateway/task-metrics.ts";
export { isTier, type Tier, type TierLimits, tierLimits, tiers } from "./gateway/tiers.ts";
export {
  RESERVED_SLUG,
  SLUG_MAX,
  slugOf,
  slugsFor,
  TOOL_NAME_MAX,
  type ToolNames,
  toolNamesFor,
  WHOLE_AGENT_TOOL,
} from "./gateway/tool-name.ts";
export type { OrgToolset, ToolsetEntry } from "./gateway/toolset.ts";
export type { Transaction, TransactionRole, TransactionSummary } from "./gateway/transaction.ts";
export type {
  UcpCheckout,
  UcpEnvelope,
  UcpFailure,
  UcpInstrument,
  UcpMessage,
  UcpOrder,
  UcpProductDetail,
  UcpProductPage,
  UcpProfile,
  UcpShopProduct,
} from "./gateway/ucp-objects.ts";
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
export { type WebhookEvent, webhookEvents } from "./gateway/webhook-event.ts";
export { nearest } from "./nearest.ts";
