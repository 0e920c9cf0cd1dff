import { orgPrincipal, usable } from "../access/index.ts";
import { type Agent, type AgentRegistry, isServing, type SeenAgent } from "../agents/index.ts";
import { type Authenticate, notFound, type Principal } from "../http/index.ts";
import { notCallable } from "./admission-refusals.ts";
import type { Purchase, TaskCaller } from "./task.ts";

/** Agents as those see them who call: whose key the bearer is, or else who pays. */
export class Viewers {
  readonly #agents: Pick<AgentRegistry, "seen">;
  readonly #authenticate: Authenticate;

  constructor({ agents, authenticate }: { agents: Pick<AgentRegistry, "seen">; authenticate: Authenticate }) {
    this.#agents = agents;
    this.#authenticate = authenticate;
  }

  /**
   * The agent as whoever calls sees it. An agent's own key tells nothing of who shows it, and so opens no agent that not everybody sees. Of
   * what is not there the same is looked up as of what is hidden.
   * @throws Problem 404 for what is not there, or not to this caller; 403 for its own that waits for approval
   */
  async see(request: TaskCaller, found: Agent | undefined): Promise<SeenAgent> {
    const seen = await this.#agents.seen(request.agentId, found, await this.of(request));
    if (!seen) throw notFound("Agent");
    if (!isServing(seen.agent)) throw notCallable(seen.agent);
    return seen;
  }

  async of({ purchase, bearer, payerKey, clientIp }: TaskCaller): Promise<Principal | undefined> {
    const authenticate = this.#authenticate;
    if (purchase) return buyerOf(purchase);
    const caller = bearer === undefined ? undefined : usable(await authenticate(bearer), clientIp);
    return caller || payerKey === undefined ? caller : usable(await authenticate(payerKey), clientIp);
  }
}

/** The organization that bought the task, whoever sends it. */
export const buyerOf = ({ payerOrgId }: Purchase): Principal => orgPrincipal(payerOrgId);
