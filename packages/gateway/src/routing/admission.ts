import {
  actions,
  callUse,
  demandCall,
  demandPrice,
  isPublic,
  type KeyLimits,
  limitsOf,
  may,
  orgOf,
} from "../access/index.ts";
import { type Agent, type AgentRegistry, isSameToAll, isServing, type SeenAgent } from "../agents/index.ts";
import { type Authenticate, invalidApiKey, type Principal, Problem, type Undelivered } from "../http/index.ts";
import type { LimitDecision } from "../limits/index.ts";
import type { NetworkOf } from "../runtime/index.ts";
import { invalidAgentKey, notCallable, paymentRequired, tooMuchUnread, withLimit } from "./admission-refusals.ts";
import type { CallTokens } from "./call-tokens.ts";
import { agentKeyOf, knownKeys, knownScope, nobodysScope } from "./caller-scope.ts";
import type { Looked } from "./looked.ts";
import type { Orders } from "./orders.ts";
import type { TaskCaller, TaskRequest } from "./task.ts";
import { buyerOf, type Viewers } from "./viewers.ts";

export interface AdmissionOptions {
  agents: Pick<AgentRegistry, "find">;
  tokens: CallTokens;
  viewers: Viewers;
  /** Knows who leaves answers unread. */
  undelivered?: Pick<Undelivered, "hasRoomFor">;
  authenticate: Authenticate;
  networkOf: NetworkOf;
  /** Which of an agent's skills a task is for, and what that costs. */
  orders: Pick<Orders, "of">;
  /** Whether paid agents may be called without a payer. */
  allowUnpaid: boolean;
}

/** A caller who may speak to an agent; of a task, one that may go to it. */
export interface Admitted extends Omit<Looked, "payer"> {
  /** Id of the skill that a task asks for; undefined when it names none. The agent is at its price. */
  skillId: string | undefined;
  /** What the agent is told, where that is not the task as it came. */
  body: string | undefined;
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

  /**
   * Who speaks to an agent, and whether they may at all: steps 1, 3 and 4 alone, for an entrance that has more to refuse before it has the
   * task admitted. A key that nobody has is refused here, whatever the agent asks for.
   *
   * @throws Problem 401, 403 or 404
   */
  async look(request: TaskCaller): Promise<Looked> {
    const { agents, authenticate } = this.#options;
    const { bearer } = request;
    const looked = agents.find(request.agentId);
    const found = looked instanceof Promise ? await looked : looked;
    const known = bearer === undefined ? undefined : authenticate(bearer);
    const caller = known instanceof Promise ? await known : known;
    // An agent's own key tells of one that everybody sees, and of no other.
    if (bearer !== undefined && !caller && !(found && isPublic(found) && agentKeyOf(found, bearer) !== undefined))
      throw invalidApiKey();
    const seen =
      found && isSameToAll(found) ? { agent: found, mayCall: true } : await this.#options.viewers.see(request, found);
    if (!isServing(seen.agent)) throw notCallable(seen.agent);
    return this.#letIn(request, seen, caller);
  }

  /** A task's admission. @throws Problem 404, 429, 401, 422 or 402 */
  async admit(request: TaskRequest): Promise<Admitted> {
    const admitted = await this.enter(request, request);
    const { agent, caller, payerOrgId } = admitted;
    if (agent.pricePerTask === 0n || may(caller, actions.callUnpaid)) {
      admitted.payerOrgId = null;
      return admitted;
    }
    if (payerOrgId === null && !this.#options.allowUnpaid) throw withLimit(paymentRequired(admitted), admitted.limit);
    return admitted;
  }

  /**
   * The checks that every call passes, also one that costs nothing: steps 1 to 4.
   * @param task what it asks for, when it is a task
   * @throws Problem 404, 429, 401, or 422 for a task that asks for what the agent cannot do
   */
  async enter(request: TaskCaller, task?: TaskRequest): Promise<Admitted> {
    const { agents, networkOf, tokens, undelivered, orders } = this.#options;
    const { purchase } = request;
    const looked = task?.looked;
    const found = looked ? looked.agent : agents.find(request.agentId);
    const seen = this.#seenBy(request, found instanceof Promise ? await found : found, looked);
    const { agent: shown, mayCall } = seen instanceof Promise ? await seen : seen;
    const network = networkOf(request.clientIp);
    const taken = tokens.takeOwners(shown, network);
    const limit = taken instanceof Promise ? await taken : taken;
    try {
      if (undelivered?.hasRoomFor(network) === false) throw tooMuchUnread();
      const entering = looked ?? this.#authenticated(request, { agent: shown, mayCall });
      const { caller, payer, payerOrgId, callerScope, isAnonymous, keyUse } =
        entering instanceof Promise ? await entering : entering;
      const key = limitsOf(payer ?? caller);
      const paced = purchase ? purchase.key : key;
      if (paced?.rate) await tokens.take(`key:${paced.keyId}`, paced.rate);
      const asked = task && orders.of(shown, task, callerScope);
      const order = asked instanceof Promise ? await asked : asked;
      const price = purchase?.price ?? order?.price ?? shown.pricePerTask;
      const agent = price === shown.pricePerTask ? shown : { ...shown, pricePerTask: price };
      if (task) for (const one of [caller, payer]) if (one) demandPrice(one, price);
      if (payerOrgId !== null && price > 0n) await tokens.takePayers(payerOrgId);
      const { skillId, body } = order ?? {};
      return { agent, skillId, body, caller, payerOrgId, callerScope, isAnonymous, keyUse, limit, key };
    } catch (error) {
      throw withLimit(error, limit);
    }
  }

  #seenBy(request: TaskCaller, found: Agent | undefined, looked: Looked | undefined): SeenAgent | Promise<SeenAgent> {
    if (found && (looked || isSameToAll(found))) return { agent: found, mayCall: true };
    return this.#options.viewers.see(request, found);
  }

  #authenticated(request: TaskCaller, seen: SeenAgent): Looked | Promise<Looked> {
    const { purchase, bearer } = request;
    if (purchase) return this.#letIn(request, seen, buyerOf(purchase));
    if (bearer === undefined) return this.#letIn(request, seen, undefined);
    const caller = this.#options.authenticate(bearer);
    return caller instanceof Promise
      ? caller.then((known) => this.#letIn(request, seen, known))
      : this.#letIn(request, seen, caller);
  }

  /** Steps 3 and 4: the admin's key and the owner's open every agent. */
  #letIn(request: TaskCaller, seen: SeenAgent, caller: Principal | undefined): Looked | Promise<Looked> {
    const { agent, mayCall } = seen;
    const { bearer, clientIp } = request;
    if (caller) demandCall(caller, actions.sendTasks, agent, clientIp);
    if (!mayCall) throw notCallable(agent);
    const agentKey = agentKeyOf(agent, bearer);
    if (agent.keyHash !== null && agentKey === undefined && !may(caller, actions.callOwnAgents, agent))
      throw invalidAgentKey(agent);
    const entered = (payer: Principal | undefined): Looked => {
      const payerOrgId = orgOf(payer) ?? null;
      // The admin pays nothing: whose key stands in the payer's place is who calls.
      const by = caller ?? (payerOrgId === null ? payer : undefined);
      const scope = knownScope(by, payerOrgId, agentKey);
      return {
        ...{ agent, caller: by, payer: payerOrgId === null ? undefined : payer, payerOrgId },
        callerScope: scope ?? nobodysScope(this.#options.networkOf(clientIp)),
        isAnonymous: scope === undefined,
        keyUse: callUse(knownKeys(request, caller, payer), actions.sendTasks, agent.id, clientIp),
      };
    };
    if (orgOf(caller) !== undefined) return entered(caller);
    return request.payerKey === undefined ? entered(undefined) : this.#payerOfKey(request, agent).then(entered);
  }

  /** @throws Problem 404 for an agent that is not there to whoever calls */
  async demandSeen(request: TaskCaller): Promise<void> {
    await this.#options.viewers.see(request, await this.#options.agents.find(request.agentId));
  }

  /** One more token for a call that was admitted and asks its agent more than once. */
  takeOneMore(agent: Agent, clientIp: string): Promise<Pick<LimitDecision, "allowed" | "remaining">> {
    return this.#options.tokens.takeOneMore(agent, this.#options.networkOf(clientIp));
  }

  /**
   * Step 4, where the bearer is no organization's: an organization, or the admin, whose programs show their own key beside an agent's.
   * @throws Problem 401 for a payer key nobody has, 403 for one not made for this
   */
  async #payerOfKey({ payerKey, clientIp }: TaskCaller, agent: Agent): Promise<Principal | undefined> {
    const payer = await this.#options.authenticate(payerKey!);
    if (payer !== undefined) {
      demandCall(payer, actions.sendTasks, agent, clientIp);
      return payer;
    }
    throw new Problem(401, "X-AgentGate-Payer-Key is nobody's key: it is that of the organization that pays", {
      code: "invalid_payer_key",
    });
  }
}
