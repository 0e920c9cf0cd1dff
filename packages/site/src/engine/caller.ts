import type { AuthPolicy, AuthRequest, Principal } from "../auth/auth-policy.ts";
import type { AgentInfo } from "../define/context.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { SiteError } from "../exchange/site-error.ts";

import { after, type MaybePromise } from "./after.ts";

/** Who is behind a request. */
export interface Caller {
  readonly principal: Principal | undefined;
  readonly agent: AgentInfo;
  /** What sessions and idempotency keys belong to. */
  readonly owner: string;
}

/** What verification of an agent's signature found. */
export interface VerifiedAgent {
  readonly keyId: string;
  readonly origin: string | undefined;
}

/** Verifies that a request comes from the agent it claims: `webBotAuth(…)`. */
export interface AgentVerifier {
  /**
   * @returns `undefined` when the request carries no signature
   * @throws SiteError `unauthorized` when it carries a wrong one, or none and one is required
   */
  verify(request: AuthRequest): Promise<VerifiedAgent | undefined>;
}

const agentIdCharactersMax = 1024;

interface Identification {
  readonly exchange: Exchange;
  readonly request: AuthRequest;
  readonly policy: AuthPolicy;
  readonly scopes: readonly string[];
  readonly verifier: AgentVerifier | undefined;
}

/** @throws SiteError `unauthorized`, `insufficient_scope` */
export function identify(identification: Identification): MaybePromise<Caller> {
  const { request, policy, verifier } = identification;
  return after(verifier?.verify(request), (verified) =>
    after(policy.authenticate(request), (principal) => toCaller(identification, principal, verified)),
  );
}

function toCaller(
  { exchange, request, policy, scopes }: Identification,
  principal: Principal | undefined,
  verified: VerifiedAgent | undefined,
): Caller {
  if (!principal && policy.type !== "none") throw new SiteError("unauthorized", "Authentication failed.");
  const missing = scopes.length ? scopes.filter((scope) => !principal?.scopes?.includes(scope)) : scopes;
  if (missing.length) {
    const challenge = policy.scopeChallenge?.(request, scopes);
    const headers = challenge ? { "www-authenticate": challenge } : undefined;
    const message = `Your credential lacks the scopes ${missing.join(", ")}.`;
    throw new SiteError("insufficient_scope", message, { headers });
  }
  const id = exchange.header("x-agent-id");
  // It is kept with every session.
  if (id && id.length > agentIdCharactersMax) throw new SiteError("invalid_input", "X-Agent-ID is too long.");
  const agent: AgentInfo = {
    id,
    version: exchange.header("x-agent-version"),
    verified: verified !== undefined,
    ...verified,
  };
  return { principal, agent, owner: ownerOf(principal, agent) };
}

function ownerOf(principal: Principal | undefined, agent: AgentInfo): string {
  if (principal) return `subject:${principal.subject}`;
  if (agent.keyId) return `key:${agent.keyId}`;
  return agent.id ? `agent:${agent.id}` : "anonymous";
}
