import { actions, callUse, isPublic, type KeyUse, orgOf, orgScope, scopeOf } from "../access/index.ts";
import type { Agent, AgentRegistry } from "../agents/index.ts";
import type { Authenticate, Principal } from "../http/index.ts";
import type { NetworkOf } from "../runtime/index.ts";
import type { CallTokens } from "./call-tokens.ts";
import { agentKeyOf, knownKeys } from "./caller-scope.ts";
import type { TaskCaller } from "./task.ts";
import type { Viewers } from "./viewers.ts";

export interface ConnectionsOptions {
  agents: Pick<AgentRegistry, "find" | "seen">;
  authenticate: Authenticate;
  networkOf: NetworkOf;
  tokens: Pick<CallTokens, "takeOwners">;
  viewers: Pick<Viewers, "of">;
}

/** Keys of a request, and the agent whose own key the bearer may be. */
interface ShownKeys {
  bearer: string | undefined;
  payerKey: string | undefined;
  agentId: string | undefined;
}

/** Who they are that have sent no task yet: those who upgrade a connection, show a key over it, or send a large body. */
export class Connections {
  readonly #options: ConnectionsOptions;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /**
   * Takes a token for what asks nothing of an agent, but could be tried without end: an upgrade, a key shown over a socket.
   * @returns the agent; undefined when there is none to this caller @throws Problem 429
   */
  async knock(caller: TaskCaller): Promise<Agent | undefined> {
    const { agents, networkOf, tokens, viewers } = this.#options;
    const seen = await agents.seen(caller.agentId, agents.find(caller.agentId), await viewers.of(caller));
    if (seen) await tokens.takeOwners(seen.agent, networkOf(caller.clientIp));
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
}
