import {
  actions,
  callUse,
  demandCall,
  isPublic,
  type KeyLimits,
  type KeyUse,
  limitsOf,
  may,
  orgOf,
  orgPrincipal,
  orgScope,
  scopeOf,
  usable,
} from "../access/index.ts";
import { type Agent, type AgentRegistry, isSameToAll, isServing, refusalOf, type SeenAgent } from "../agents/index.ts";
import { type Authenticate, notFound, type Principal, Problem, type Undelivered } from "../http/index.ts";
import type { LimitDecision, RateLimit, RateLimiter } from "../limits/index.ts";
import { type Org, type OrgRegistry, rateLimitOf } from "../orgs/index.ts";
import { hashKey, type NetworkOf } from "../runtime/index.ts";
import type { Purchase, TaskCaller } from "./task.ts";

export interface AdmissionOptions {
  agents: AgentRegistry;
  orgs: OrgRegistry;
  limiter: RateLimiter;
  /** Knows who leaves answers unread. */
  undelivered?: Pick<Undelivered, "hasRoomFor">;
  authenticate: Authenticate;
  /** For agents without an organization, per client's network. */
  defaultLimit: RateLimit;
  networkOf: NetworkOf;
  /** Whether paid agents may be called without a payer. */
  allowUnpaid: boolean;
}

/** A key of the rate limiter, and its limit. */
type Bucket = [key: string, limit: RateLimit];

/** A caller who may speak to an agent; of a task, one that may go to it. */
export interface Admitted {
  agent: Agent;
  caller: Principal | undefined;
  /** Who pays; null for free agents and for calls that are free. */
  payerOrgId: string | null;
  /** Whose tasks, and whose Idempotency-Keys, these are. */
  callerScope: string;
  /** Shows no key that anybody has. */
  isAnonymous: boolean;
  /** The keys that admitted it. */
  keyUse: KeyUse;
  limit: LimitDecision;
  /** What the payer's key is bounded by, if by anything. */
  key: KeyLimits | undefined;
}

/**
 * The checks before an agent is called, in the order of contract section 4: steps 1 to 5. What is in memory, as it nearly always is,
 * is not waited for.
 */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** A task's admission. @throws Problem 404, 429, 401 or 402 */
  async admit(request: TaskCaller): Promise<Admitted> {
    const admitted = await this.enter(request);
    const { agent, caller, payerOrgId } = admitted;
    if (agent.pricePerTask === 0n || may(caller, actions.callUnpaid)) {
      admitted.payerOrgId = null;
      return admitted;
    }
    if (payerOrgId === null && !this.#options.allowUnpaid) throw withLimit(paymentRequired(agent), admitted.limit);
    return admitted;
  }

  /** The checks that every call passes, also one that costs nothing: steps 1 to 4. @throws Problem 404, 429 or 401 */
  async enter(request: TaskCaller): Promise<Admitted> {
    const { agents, authenticate } = this.#options;
    const { purchase } = request;
    const looked = agents.find(request.agentId);
    const found = looked instanceof Promise ? await looked : looked;
    const seen = found && isSameToAll(found) ? undefined : await this.#see(request, found);
    const shown = seen ? seen.agent : found!;
    const agent = purchase ? { ...shown, pricePerTask: purchase.price } : shown;
    const network = this.#options.networkOf(request.clientIp);
    const taken = this.#takeOwnerToken(agent, network);
    const limit = taken instanceof Promise ? await taken : taken;
    try {
      if (this.#options.undelivered?.hasRoomFor(network) === false) throw tooMuchUnread();
      const { bearer } = request;
      const known = purchase ? buyerOf(purchase) : bearer === undefined ? undefined : authenticate(bearer);
      const caller = known instanceof Promise ? await known : known;
      if (caller) demandCall(caller, actions.sendTasks, agent, request.clientIp);
      if (seen?.mayCall === false) throw notCallable(agent);
      const agentKey = agentKeyOf(agent, bearer);
      // Step 3. The admin's key and the owner's open every agent.
      if (agent.keyHash !== null && agentKey === undefined && !may(caller, actions.callOwnAgents, agent))
        throw invalidAgentKey(agent);
      const payer = orgOf(caller) === undefined ? await this.#payerOfKey(request, agent) : caller;
      const payerOrgId = orgOf(payer) ?? null;
      const key = limitsOf(payer ?? caller);
      const paced = purchase ? purchase.key : key;
      if (paced?.rate) await this.#take(`key:${paced.keyId}`, paced.rate);
      if (payerOrgId !== null && agent.pricePerTask > 0n) await this.#takePayerToken(payerOrgId);
      const scope = knownScope(caller, payerOrgId, agentKey);
      return {
        agent,
        caller,
        payerOrgId,
        callerScope: scope ?? NOBODY + network,
        isAnonymous: scope === undefined,
        keyUse: callUse(knownKeys(request, caller, payer), actions.sendTasks, agent.id, request.clientIp),
        limit,
        key,
      };
    } catch (error) {
      throw withLimit(error, limit);
    }
  }

  /**
   * The agent as whoever calls sees it: that is whose key the bearer is, or else who pays. An agent's own key tells nothing of who shows
   * it, and so opens no agent that not everybody sees. Of what is not there the same is looked up as of what is hidden.
   * @throws Problem 404 for what is not there, or not to this caller; 403 for its own that waits for approval
   */
  async #see(request: TaskCaller, found: Agent | undefined): Promise<SeenAgent> {
    const seen = await this.#options.agents.seen(request.agentId, found, await this.#viewerOf(request));
    if (!seen) throw notFound("Agent");
    if (!isServing(seen.agent)) throw notCallable(seen.agent);
    return seen;
  }

  async #viewerOf({ purchase, bearer, payerKey, clientIp }: TaskCaller): Promise<Principal | undefined> {
    const { authenticate } = this.#options;
    if (purchase) return buyerOf(purchase);
    const caller = bearer === undefined ? undefined : usable(await authenticate(bearer), clientIp);
    return caller || payerKey === undefined ? caller : usable(await authenticate(payerKey), clientIp);
  }

  /** @throws Problem 404 for an agent that is not there to whoever calls */
  async demandSeen(request: TaskCaller): Promise<void> {
    await this.#see(request, await this.#options.agents.find(request.agentId));
  }

  /**
   * Takes a token for what asks nothing of an agent, but could be tried without end: an upgrade, a key shown over a socket.
   * @returns the agent; undefined when there is none to this caller @throws Problem 429
   */
  async knock(caller: TaskCaller): Promise<Agent | undefined> {
    const { agents, networkOf } = this.#options;
    const seen = await agents.seen(caller.agentId, agents.find(caller.agentId), await this.#viewerOf(caller));
    if (seen) await this.#takeOwnerToken(seen.agent, networkOf(caller.clientIp));
    return seen?.agent;
  }

  /**
   * Who connects to send tasks one after the other, as far as the keys tell that are shown.
   * @throws Problem 401 for a key that has ended, 403 for one that was not made for calling this agent
   */
  async connect(shown: TaskCaller): Promise<{ name: string | undefined; keyUse: KeyUse }> {
    const { authenticate } = this.#options;
    const { agentId, clientIp, bearer, payerKey } = shown;
    const caller = bearer === undefined ? undefined : await authenticate(bearer);
    const isPaidApart = orgOf(caller) === undefined && payerKey !== undefined;
    const payer = isPaidApart ? await authenticate(payerKey) : caller;
    const keyUse = callUse(knownKeys(shown, caller, payer), actions.sendTasks, agentId, clientIp);
    for (const known of [caller, payer]) if (known) keyUse.demand(known);
    const principal = caller ?? payer;
    return { name: principal ? scopeOf(principal) : await this.nameOf(shown), keyUse };
  }

  /** Names who has the key that is shown, to count what is held for it; undefined for a key that nobody has, or none. */
  nameOf(shown: ShownKeys): string | undefined | Promise<string | undefined> {
    const { bearer } = shown;
    if (bearer === undefined && shown.payerKey === undefined) return undefined;
    const known = bearer === undefined ? undefined : this.#options.authenticate(bearer);
    return known === undefined || known instanceof Promise ? this.#findName(known, shown) : scopeOf(known);
  }

  async #findName(
    known: Promise<Principal | undefined> | undefined,
    { bearer, payerKey, agentId }: ShownKeys,
  ): Promise<string | undefined> {
    const { agents, authenticate } = this.#options;
    const principal = (await known) ?? (payerKey === undefined ? undefined : await authenticate(payerKey));
    if (principal) return scopeOf(principal);
    const agent = bearer === undefined || agentId === undefined ? undefined : await agents.find(agentId);
    // Without anybody's key, an agent that not everybody sees is none.
    if (!agent || !isPublic(agent) || agentKeyOf(agent, bearer) === undefined) return undefined;
    return agent.orgId === null ? `agent:${agent.id}` : `agents of ${orgScope(agent.orgId)}`;
  }

  /** One more token for a call that was admitted and asks its agent more than once. */
  async takeOneMore(agent: Agent, clientIp: string): Promise<Pick<LimitDecision, "allowed" | "remaining">> {
    const [key, limit] = await this.#ownersBucket(agent, this.#options.networkOf(clientIp));
    return this.#options.limiter.take(key, limit);
  }

  /** Contract section 5: the bucket of the client's address, or network, with the agent's owner. */
  #ownersBucket({ orgId }: Agent, network: string): Bucket | Promise<Bucket> {
    const { orgs, defaultLimit } = this.#options;
    if (orgId === null) return [`ip:${network}`, defaultLimit];
    const bucket = (org: Org | undefined): Bucket => [`org:${orgId}:${network}`, org ? rateLimitOf(org) : defaultLimit];
    const found = orgs.find(orgId);
    return found instanceof Promise ? found.then(bucket) : bucket(found);
  }

  #takeOwnerToken(agent: Agent, network: string): LimitDecision | Promise<LimitDecision> {
    const bucket = this.#ownersBucket(agent, network);
    return bucket instanceof Promise ? bucket.then((found) => this.#take(...found)) : this.#take(...bucket);
  }

  async #takePayerToken(orgId: string): Promise<void> {
    const found = this.#options.orgs.find(orgId);
    const org = found instanceof Promise ? await found : found;
    if (org) await this.#take(`payer:${orgId}`, rateLimitOf(org));
  }

  #take(key: string, limit: RateLimit): LimitDecision | Promise<LimitDecision> {
    const taken = this.#options.limiter.take(key, limit);
    return taken instanceof Promise ? taken.then(demandAllowed) : demandAllowed(taken);
  }

  /** Step 4, where the bearer is no organization's. @throws Problem 401 for a payer key nobody has, 403 for one not made for this */
  async #payerOfKey({ payerKey, clientIp }: TaskCaller, agent: Agent): Promise<Principal | undefined> {
    if (payerKey === undefined) return undefined;
    const payer = await this.#options.authenticate(payerKey);
    if (orgOf(payer) !== undefined) {
      demandCall(payer!, actions.sendTasks, agent, clientIp);
      return payer;
    }
    throw new Problem(401, "X-AgentGate-Payer-Key is not an organization's key", { code: "invalid_payer_key" });
  }
}

const buyerOf = ({ payerOrgId }: Purchase): Principal => orgPrincipal(payerOrgId);

/** The keys of a request that are somebody's: the caller's own, and the payer's where that is another. */
function knownKeys(
  { bearer, payerKey }: Pick<TaskCaller, "bearer" | "payerKey">,
  caller: Principal | undefined,
  payer: Principal | undefined,
): string[] {
  const keys = caller && bearer !== undefined ? [bearer] : [];
  if (payer && payer !== caller && payerKey !== undefined) keys.push(payerKey);
  return keys;
}

const NOBODY = "ip:";

/** Whether a scope is that of a client's address alone, and so of nobody in particular. */
export const isNobodys = (scope: string): boolean => scope.startsWith(NOBODY);

/** Keys of a request, and the agent whose own key the bearer may be. */
interface ShownKeys {
  bearer: string | undefined;
  payerKey: string | undefined;
  agentId: string | undefined;
}

/**
 * Each caller's tasks and Idempotency-Keys are its own: an organization's, the admin's, those of an agent's key. Undefined for one
 * without a key or with one that nobody has, who is known by the network only.
 */
function knownScope(
  caller: Principal | undefined,
  payerOrgId: string | null,
  agentKey: string | undefined,
): string | undefined {
  if (caller) return scopeOf(caller);
  if (payerOrgId !== null) return orgScope(payerOrgId);
  return agentKey === undefined ? undefined : `key:${agentKey}`;
}

/** The hash of the agent's own key, when it is this one. */
function agentKeyOf({ keyHash }: Agent, bearer: string | undefined): string | undefined {
  return keyHash !== null && bearer !== undefined && hashKey(bearer) === keyHash ? keyHash : undefined;
}

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

const invalidAgentKey = ({ pricePerTask }: Agent) =>
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

function demandAllowed(decision: LimitDecision): LimitDecision {
  if (!decision.allowed) throw tooMany(decision);
  return decision;
}

const tooMuchUnread = () =>
  new Problem(429, "Too many answers wait for you to read them; read those first", {
    code: "too_much_unread",
    headers: { "retry-after": "1" },
  });

const tooMany = (decision: LimitDecision) =>
  new Problem(429, `Too many requests; retry in ${decision.retryAfterSeconds} s`, {
    headers: { ...limitHeaders(decision), "retry-after": `${decision.retryAfterSeconds}` },
  });

const paymentRequired = ({ name, keyHash }: Agent) =>
  new Problem(
    402,
    keyHash === null
      ? `Payment required: call agent ${name} with an organization's key, which pays for the task`
      : `Payment required: to call agent ${name}, ${BOTH_KEYS}`,
  );
