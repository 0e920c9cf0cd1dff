import type { z } from "zod";
import { actions, demandOwn, type ListedAction, orgOf } from "../access/index.ts";
import type { AgentRegistry } from "../agents/index.ts";
import type { AuditLog, By } from "../audit/index.ts";
import { notFound, type Principal, Problem } from "../http/index.ts";
import type { Random, Timestamps } from "../runtime/index.ts";
import type { Chain, ChainStep, StepKeys } from "./chain.ts";
import { chainChange } from "./chain-changes.ts";
import type { chainCreation, chainUpdate, GivenStep } from "./fields.ts";
import type { ChainListPage, ChainStore, KeyedChain } from "./store.ts";

export interface ChainRegistryOptions {
  store: ChainStore;
  agents: AgentRegistry;
  auditLog: AuditLog;
  random: Random;
  timestamps: Timestamps;
}

/** Chains that one organization, or the admin, may have. */
const CHAINS_MAX = 1_000;

/** Makes, changes and removes chains. A chain is seen and run by its organization and the admin. */
export class ChainRegistry {
  readonly #store: ChainStore;
  readonly #agents: AgentRegistry;
  readonly #auditLog: AuditLog;
  readonly #random: Random;
  readonly #timestamps: Timestamps;

  constructor({ store, agents, auditLog, random, timestamps }: ChainRegistryOptions) {
    this.#store = store;
    this.#agents = agents;
    this.#auditLog = auditLog;
    this.#random = random;
    this.#timestamps = timestamps;
  }

  /** @throws Problem 403 when the caller has all the chains it may have, 404 for an agent or organization that does not exist */
  async create(given: z.output<typeof chainCreation>, by: By): Promise<Chain> {
    await this.#demandAgents(given.steps, by.caller);
    const now = this.#timestamps();
    const keys = given.steps.map(({ agent_api_key }) => agent_api_key || null);
    const chain: Chain = {
      id: this.#random.uuid(),
      name: given.name,
      description: given.description,
      steps: stepsOf(given.steps, keys),
      orgId: orgOf(by.caller) ?? given.org_id,
      createdAt: now,
      updatedAt: now,
    };
    const refusal = await this.#store.insert({ chain, keys }, CHAINS_MAX, (trx) =>
      this.#auditLog.rowIn(trx, by, chainChange("created", undefined, { chain, keys })),
    );
    if (refusal === "no_org") throw notFound("Organization");
    if (refusal === "too_many") {
      throw new Problem(403, `An organization may have ${CHAINS_MAX} chains; delete one`, {
        code: "chain_limit_reached",
      });
    }
    return chain;
  }

  /** @throws Problem 404, also for an agent that does not exist, or 403 for somebody else's chain */
  async update(id: string, given: z.output<typeof chainUpdate>, by: By): Promise<Chain> {
    await this.#own(id, by.caller, actions.writeChains);
    if (given.steps) await this.#demandAgents(given.steps, by.caller);
    const along: Parameters<ChainStore["update"]>[2] = (trx, before, after) =>
      this.#auditLog.rowIn(trx, by, chainChange("changed", before, after));
    const updated = await this.#store.update(
      id,
      ({ chain, keys }) => {
        const changedKeys = given.steps ? keysAfter(given.steps, { chain, keys }) : keys;
        return {
          keys: changedKeys,
          chain: {
            ...chain,
            name: given.name ?? chain.name,
            description: given.description ?? chain.description,
            steps: given.steps ? stepsOf(given.steps, changedKeys) : chain.steps,
            updatedAt: this.#timestamps(),
          },
        };
      },
      along,
    );
    if (!updated) throw notFound("Chain");
    return updated;
  }

  async remove(id: string, by: By): Promise<void> {
    await this.#own(id, by.caller, actions.writeChains);
    const isGone = await this.#store.delete(id, (trx, chain) =>
      this.#auditLog.rowIn(trx, by, chainChange("deleted", { chain, keys: undefined }, undefined)),
    );
    if (!isGone) throw notFound("Chain");
  }

  /** @throws Problem 404, or 403 for somebody else's chain */
  get(id: string, caller: Principal): Promise<Chain> {
    return this.#own(id, caller, actions.readChains);
  }

  /** The chain with its keys, to be run. @throws Problem 404, or 403 for somebody else's chain */
  async toRun(id: string, caller: Principal): Promise<KeyedChain> {
    const found = await this.#store.findWithKeys(id);
    if (!found) throw notFound("Chain");
    demandOwn(caller, actions.runChains, found.chain, "chain");
    return found;
  }

  /** The caller's chains, newest first; to the admin, everybody's. */
  list(page: Omit<ChainListPage, "orgId">, caller: Principal): Promise<{ chains: Chain[]; next: string | undefined }> {
    const orgId = orgOf(caller);
    return this.#store.list({ ...page, ...(orgId !== undefined && { orgId }) });
  }

  async #own(id: string, caller: Principal, action: ListedAction): Promise<Chain> {
    const chain = await this.#store.find(id);
    if (!chain) throw notFound("Chain");
    demandOwn(caller, action, chain, "chain");
    return chain;
  }

  async #demandAgents(steps: readonly GivenStep[], caller: Principal): Promise<void> {
    for (const [index, { agent_id }] of steps.entries()) {
      if (!(await this.#agents.see(agent_id, caller))) {
        throw new Problem(404, `Agent not found: step ${index + 1} names ${agent_id}`);
      }
    }
  }
}

const stepsOf = (given: readonly GivenStep[], keys: StepKeys): ChainStep[] =>
  given.map(({ agent_id, input_template, skill }, index) => ({
    agentId: agent_id,
    inputTemplate: input_template ?? null,
    skill: skill ?? null,
    hasKey: keys[index] !== null,
  }));

/** A step without a key keeps the one that the chain had for its agent: of several steps of one agent, each its own. */
function keysAfter(given: readonly GivenStep[], before: KeyedChain): StepKeys {
  const kept = new Map<string, (string | null)[]>();
  for (const [index, { agentId }] of before.chain.steps.entries()) {
    kept.set(agentId, [...(kept.get(agentId) ?? []), before.keys[index] ?? null]);
  }
  return given.map(({ agent_id, agent_api_key }) => {
    const own = kept.get(agent_id)?.shift() ?? null;
    return agent_api_key == null ? own : agent_api_key || null;
  });
}
