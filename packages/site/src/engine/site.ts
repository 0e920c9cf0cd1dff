import type { AuthPolicy, AuthRequest } from "../auth/auth-policy.ts";
import type { Exchange, Reply } from "../exchange/exchange.ts";
import type { Changelog } from "../manifest/changelog.ts";
import type { SessionStore } from "../sessions/flow-session.ts";
import type { RecordStore } from "../sessions/record-store.ts";
import type { AgentVerifier } from "./caller.ts";
import type { CompiledFlow } from "./compiled-flow.ts";
import type { Operation } from "./operation.ts";

/** Lets web pages read replies: `allowOrigins(…)`. */
export interface Cors {
  headers(exchange: Exchange): Readonly<Record<string, string>>;
  preflight(exchange: Exchange, site: Site): Reply;
}

/** A site ready to serve: everything resolved that does not depend on a request. */
export interface Site {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  readonly policy: AuthPolicy;
  readonly intents: ReadonlyMap<string, Operation>;
  readonly flows: ReadonlyMap<string, CompiledFlow>;
  readonly sessions: SessionStore;
  readonly replies: RecordStore;
  /** Without a slash at the end. Not set: only loopback hosts get a manifest. */
  readonly baseUrl: string | undefined;
  /** Path before every route of the agent API, as requests arrive here: `""` or `/shop`. */
  readonly prefix: string;
  readonly changelog: Changelog | undefined;
  readonly verifier: AgentVerifier | undefined;
  /** Instead of the address that the face knows. */
  readonly clientAddress: ((request: AuthRequest) => string | undefined) | undefined;
  readonly cors: Cors | undefined;
  readonly bodyBytesMax: number;
  readonly requireAgentHeader: boolean;
  readonly manifestAtRoot: boolean;
  readonly protectManifest: boolean;
  readonly now: () => number;
  /** Told about every error whose cause the agent does not get to see. */
  readonly report: (error: unknown, operation: string) => void;
}
