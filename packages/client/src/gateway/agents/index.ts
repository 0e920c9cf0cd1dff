export type { AgentFields, NewAgent, ToolTerms } from "./agent-fields.ts";
export { ApprovalCalls, type ApprovalFilter, type ApprovalOptions } from "./approvals.ts";
export { CardCalls, type CardOptions } from "./cards.ts";
export { type AgentCredential, CredentialCalls } from "./credentials.ts";
export {
  type AgentFilter,
  type AgentsByNameOptions,
  type ByNameOptions,
  DirectoryCalls,
  type ListAgentsOptions,
  type PageOptions,
  type SearchAgentsOptions,
} from "./directory.ts";
export { GrantCalls, type GrantTerms } from "./grants.ts";
export { AgentHealthCalls } from "./health.ts";
export { AgentCalls, type RefreshOptions } from "./registry.ts";
export { ReviewCalls, type ReviewFields } from "./reviews.ts";
