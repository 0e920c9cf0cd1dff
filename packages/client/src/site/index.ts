export { AgentClient, type AgentClientOptions, type DiscoverOptions } from "./agent-client.ts";
export type { CallArguments, CallOptions, Operation, StepContracts, StreamEvent } from "./call-types.ts";
export type { ClientFlow, ContractOf, FlowsOf, IntentsOf, ServerFlow } from "./contract-types.ts";
export type { Credential, CredentialOptions, Credentials } from "./credentials.ts";
export { DiscoveredSite } from "./discovered-site.ts";
export {
  AuthError,
  ConnectionError,
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
export type { Fetch, Timing } from "./transport.ts";
