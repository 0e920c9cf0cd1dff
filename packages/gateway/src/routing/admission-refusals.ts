import { microDollarsToJson } from "@agentgate/protocol";
import { type Agent, isServing, refusalOf } from "../agents/index.ts";
import { Problem } from "../http/index.ts";
import type { LimitDecision } from "../limits/index.ts";

/** How an agent is called that has a key of its own and a price: the one bearer cannot show both keys. */
const BOTH_KEYS =
  "send the agent's own key as Authorization: Bearer, and the key of the organization that pays as X-AgentGate-Payer-Key";

/** Why a caller who sees the agent may not call it. */
export function notCallable(agent: Agent): Problem {
  if (!isServing(agent)) {
    const { detail, code } = refusalOf(agent);
    return new Problem(403, detail, { code });
  }
  const detail = `Agent ${agent.name} is shown to your organization, but not granted to be called: ask its owner for a grant to call it`;
  return new Problem(403, detail, { code: "call_not_granted" });
}

export const invalidAgentKey = ({ pricePerTask }: Agent) =>
  new Problem(401, `Invalid or missing agent API key${pricePerTask > 0n ? `; ${BOTH_KEYS}` : ""}`, {
    code: "invalid_agent_key",
  });

/** The rate limit headers of every task answer (contract section 1.5). */
export const limitHeaders = ({ limit, remaining, resetSeconds }: LimitDecision): Record<string, string> => ({
  "ratelimit-limit": `${limit}`,
  "ratelimit-remaining": `${remaining}`,
  "ratelimit-reset": `${resetSeconds}`,
});

/** The error with the rate limit told, unless it tells of one itself. */
export const withLimit = (error: unknown, limit: LimitDecision): unknown => withHeaders(error, limitHeaders(limit));

/** The error with more headers; those that it has itself stay. */
export function withHeaders(error: unknown, headers: Record<string, string>): unknown {
  if (!(error instanceof Problem)) return error;
  return new Problem(error.status, error.detail, {
    code: error.code,
    headers: { ...headers, ...error.headers },
    ...(error.members && { members: error.members }),
  });
}

export const tooMuchUnread = () =>
  new Problem(429, "Too many answers wait for you to read them; read those first", {
    code: "too_much_unread",
    headers: { "retry-after": "1" },
  });

export const tooMany = (decision: LimitDecision) =>
  new Problem(429, `Too many requests; retry in ${decision.retryAfterSeconds} s`, {
    headers: { ...limitHeaders(decision), "retry-after": `${decision.retryAfterSeconds}` },
  });

/** What a refused task would have cost: members of the problem that says so. */
export const pricedMembers = ({ agent, skillId }: { agent: Agent; skillId?: string | undefined }) => ({
  price: microDollarsToJson(agent.pricePerTask),
  currency: "USD",
  ...(skillId !== undefined && { skill: skillId }),
});

export const paymentRequired = ({ agent, skillId }: { agent: Agent; skillId: string | undefined }) => {
  const { name, keyHash } = agent;
  return new Problem(
    402,
    keyHash === null
      ? `Payment required: call agent ${name} with an organization's key, which pays for the task`
      : `Payment required: to call agent ${name}, ${BOTH_KEYS}`,
    { members: pricedMembers({ agent, skillId }) },
  );
};
