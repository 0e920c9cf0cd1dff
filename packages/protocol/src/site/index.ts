export type { FlowContract, HasContract, InferContract, OperationContract, SiteContract } from "./contract.ts";
export {
  type InputIssue,
  isSiteErrorCode,
  type SiteErrorBody,
  type SiteErrorCode,
  siteErrorStatus,
} from "./error-codes.ts";
export {
  agentApiVersion,
  agentIdHeader,
  agentRequestHeader,
  agentVersionHeader,
  apiKeyHeader,
  confirmedHeader,
  idempotencyKeyHeader,
  sessionIdHeader,
  siteHeader,
} from "./headers.ts";
export type {
  Deprecation,
  JsonSchema,
  Manifest,
  ManifestAuth,
  ManifestChange,
  ManifestFlow,
  ManifestIntent,
  ManifestPrice,
  ManifestRelease,
  ManifestStep,
  Orchestration,
  Risk,
} from "./manifest.ts";
export { diffManifests } from "./manifest-diff.ts";
export { clientStepPath, intentPath, manifestPath, serverStepPath, sessionPath, sitePath, startPath } from "./paths.ts";
export { sentence } from "./sentence.ts";
export type { SessionView, StartReply, StepRecord, StepReply } from "./session.ts";
export { eventStreamType, type SiteStreamEvent } from "./stream-events.ts";
export { toolName } from "./tool-name.ts";
export { listTools, type Tool } from "./tools.ts";
