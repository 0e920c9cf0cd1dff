import type { CredentialOptions } from "./credentials.ts";
import type { Fetch, Timing } from "./transport.ts";

export interface AgentClientOptions extends CredentialOptions {
  /** A label sent as `X-Agent-ID`. */
  readonly agentId?: string;
  /** How long a manifest is used before the site is asked again. Default 300 000 (five minutes). */
  readonly manifestTtlMs?: number;
  /** Manifests kept; the least recently used goes first. Default 100. */
  readonly sitesMax?: number;
  /** Deadline of a call with its retries. Default 60 000. */
  readonly timeoutMs?: number;
  /** Longest reply, or event of a stream, that is accepted. Default 16 Mi characters. */
  readonly responseCharactersMax?: number;
  /** How often a request is repeated when that is safe. Default 2. */
  readonly retriesMax?: number;
  /** Allows plain HTTP to other machines. Default false. */
  readonly allowHttp?: boolean;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /** Clock and chance; for tests. */
  readonly timing?: Partial<Timing>;
}

/** Says that a directory named the site, and not whoever has the key. */
export const byDirectory = Symbol();

export interface DiscoverOptions {
  readonly signal?: AbortSignal;
  /** Asks the site even if its manifest is still fresh. */
  readonly refresh?: boolean;
}
