export type { InferContract, Manifest, ManifestChange, ManifestRelease, SiteErrorBody } from "@agentgate/protocol/site";
export { AgentApp, type AgentAppOptions, type ContractOf } from "./agent-app.ts";
export { type ApiKeyOptions, apiKey } from "./auth/api-key.ts";
export type { AuthPolicy, AuthRequest, Principal, Verified } from "./auth/auth-policy.ts";
export { type BearerOptions, bearer } from "./auth/bearer.ts";
export { none } from "./auth/none.ts";
export { type OAuth2Options, oauth2 } from "./auth/oauth2.ts";
export type { AgentInfo, CallContext, StepContext, StepSession } from "./define/context.ts";
export {
  type Flow,
  type FlowOptions,
  flow,
  type InterruptedStep,
  type SessionOptions,
  type StepOutcome,
} from "./define/flow.ts";
export { type Intent, type IntentOptions, intent } from "./define/intent.ts";
export { RegistrationError } from "./define/registration-error.ts";
export { type Step, type StepOptions, step } from "./define/step.ts";
export { allowOrigins } from "./engine/allow-origins.ts";
export type { AgentVerifier, VerifiedAgent } from "./engine/caller.ts";
export type { Cors } from "./engine/site.ts";
export { type DetectedAgent, detectAgent, type HeaderSource } from "./exchange/detect-agent.ts";
export { SiteError, type SiteErrorOptions } from "./exchange/site-error.ts";
export type { Changelog } from "./manifest/changelog.ts";
export type { Application, MountOptions } from "./mount-options.ts";
export type { InferInput, InferOutput, Schema, StandardJsonSchema, StandardSchema } from "./schema/standard-schema.ts";
export { withJsonSchema } from "./schema/with-json-schema.ts";
export type { FlowSession, NewSession, SessionStore } from "./sessions/flow-session.ts";
export { type MemoryOptions, MemoryRecordStore } from "./sessions/memory-record-store.ts";
export { type PlainSession, type PlainSessionStore, plainSessionStore } from "./sessions/plain-session-store.ts";
export { MemorySessionStore, RecordSessionStore } from "./sessions/record-session-store.ts";
export type { RecordStore, StoredRecord } from "./sessions/record-store.ts";
