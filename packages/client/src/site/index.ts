export { siteBase, urlBelow } from "./addresses.ts";
export { AgentClient } from "./agent-client.ts";
export type { CallArguments, CallOptions, Operation, StepContracts, StreamEvent } from "./call-types.ts";
export type { AgentClientOptions, DiscoverOptions } from "./client-options.ts";
export type { ClientFlow, ContractOf, FlowsOf, IntentsOf, ServerFlow } from "./contract-types.ts";
export type { Credential, CredentialOptions, Credentials } from "./credentials.ts";
export { DiscoveredSite } from "./discovered-site.ts";
export {
  AuthError,
  ConnectionError,
  DirectoryError,
  FlowNotFoundError,
  IntentError,
  ManifestInvalidError,
  ManifestNotFoundError,
  SessionNotFoundError,
  SiteError,
  StepError,
  StepTransitionError,
} from "./errors.ts";
export type { FlowSession } from "./flow-session.ts";
export { readManifest } from "./read-manifest.ts";
export type { FoundSite, SearchOptions } from "./search.ts";
export type { Fetch, Timing } from "./transport.ts";
