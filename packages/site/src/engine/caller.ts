import type { AuthPolicy, AuthRequest, Principal } from "../auth/auth-policy.ts";
import type { AgentInfo } from "../define/context.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { SiteError } from "../exchange/site-error.ts";

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

interface Identification {
  readonly exchange: Exchange;
  readonly request: AuthRequest;
  readonly policy: AuthPolicy;
  readonly scopes: readonly string[];
  readonly verifier: AgentVerifier | undefined;
}

/** @throws SiteError `unauthorized`, `insufficient_scope` */
export async function identify({ exchange, request, policy, scopes, verifier }: Identification): Promise<Caller> {
  const verified = verifier && (await verifier.verify(request));
  const outcome = policy.authenticate(request);
  const principal = outcome instanceof Promise ? await outcome : outcome;
  if (!principal && policy.type !== "none") throw new SiteError("unauthorized", "Authentication failed.");
  const missing = scopes.filter((scope) => !principal?.scopes?.includes(scope));
  if (missing.length) {
    const challenge = policy.scopeChallenge?.(request, scopes);
    throw new SiteError(
      "insufficient_scope",
      `This needs the scopes ${missing.join(", ")}, which your credential lacks.`,
      {
        ...(challenge && { headers: { "www-authenticate": challenge } }),
      },
    );
  }
  const agent: AgentInfo = {
    id: exchange.header("x-agent-id"),
    version: exchange.header("x-agent-version"),
    verified: verified !== undefined,
    ...(verified && { keyId: verified.keyId, origin: verified.origin }),
  };
  return { principal, agent, owner: ownerOf(principal, agent) };
}

function ownerOf(principal: Principal | undefined, agent: AgentInfo): string {
  if (principal) return `subject:${principal.subject}`;
  if (agent.keyId) return `key:${agent.keyId}`;
  return agent.id ? `agent:${agent.id}` : "anonymous";
}
