import type { MicroDollars } from "@agentgate/protocol";
import { granteeOf, isPublic, orgOf, type Reach, sightOf } from "../access/index.ts";
import type { Principal } from "../http/index.ts";
import type { Agent } from "./agent.ts";
import { isServing } from "./approval/approval.ts";
import type { Grant } from "./grant.ts";
import type { Grants } from "./grants.ts";
import { NO_PRICES, type SkillPrices } from "./skills/prices.ts";

/** An agent as a caller sees it: at its price. */
export interface SeenAgent {
  readonly agent: Agent;
  /** Whether tasks may be sent to it; else it is only shown. */
  readonly mayCall: boolean;
}

/** Whether everybody sees the agent, at one price: then nothing has to be known of who asks. */
export const isSameToAll = (agent: Agent): boolean => isPublic(agent) && !(agent.hasGrants && agent.pricePerTask > 0n);

/**
 * Tells who sees which agent. Of one that a caller does not see, and of one that there is not, the same is looked up: neither the answer
 * nor its time tells them apart.
 */
export class Sight {
  readonly #grants: Pick<Grants, "of" | "remembers">;

  constructor(grants: Pick<Grants, "of" | "remembers">) {
    this.#grants = grants;
  }

  /** @param id what was asked for @param agent what there is, undefined for nothing @returns undefined for what is not there to this caller */
  of(
    id: string,
    agent: Agent | undefined,
    caller: Principal | undefined,
  ): SeenAgent | undefined | Promise<SeenAgent | undefined> {
    if (agent && isSameToAll(agent)) return { agent, mayCall: true };
    const orgId = granteeOf(caller);
    const granted = orgId === undefined ? undefined : this.#grants.of(id, orgId);
    return granted instanceof Promise
      ? granted.then((grant) => seen(agent, caller, grant))
      : seen(agent, caller, granted);
  }

  /** Whether this caller sees it, as far as is known without a look into the database. */
  isKnown(agent: Agent, caller: Principal | undefined): boolean {
    if (isSameToAll(agent)) return true;
    const orgId = granteeOf(caller);
    if (orgId !== undefined && !this.#grants.remembers(agent.id, orgId)) return false;
    return isPublic(agent) || this.of(agent.id, agent, caller) !== undefined;
  }
}

function seen(
  agent: Agent | undefined,
  caller: Principal | undefined,
  grant: Grant | undefined,
): SeenAgent | undefined {
  const sight = agent ? sightOf(caller, agent, grant) : "none";
  return sight === "none"
    ? undefined
    : { agent: priced(agent!, orgOf(caller), grant), mayCall: sight === "callable" && isServing(agent!) };
}

/** The agent at the price that was granted. */
const priced = (agent: Agent, orgId: string | undefined, grant: Grant | undefined): Agent =>
  grant?.price != null && grant.mayCall && mayHavePrice(agent, orgId) ? atGranted(agent, grant.price) : agent;

/** What was granted is the price of a task, whatever it is for, but for what costs nobody anything. */
const atGranted = (agent: Agent, price: MicroDollars): Agent => ({
  ...agent,
  pricePerTask: price,
  prices: freeAmong(agent.prices),
});

function freeAmong(prices: SkillPrices): SkillPrices {
  if (prices.size === 0) return NO_PRICES;
  const free = [...prices].filter(([, price]) => price === 0n);
  return free.length === 0 ? NO_PRICES : new Map(free);
}

/**
 * Whether a price that an organization was granted counts at this agent: what costs nothing costs nobody anything, who owns an agent pays
 * itself, and grants rest where nobody but the owner sees it.
 */
export const mayHavePrice = (agent: Agent, orgId: string | undefined): boolean =>
  orgId !== undefined &&
  agent.hasGrants &&
  agent.pricePerTask > 0n &&
  agent.visibility !== "org" &&
  orgId !== agent.orgId;

/** These agents at the prices of whoever sees them: looked up at once, and only of those that may have others. */
export async function pricedFor(
  agents: readonly Agent[],
  { orgId }: Pick<Reach, "orgId">,
  grants: Pick<Grants, "pricesOf">,
): Promise<Agent[]> {
  const asked = agents.filter((agent) => mayHavePrice(agent, orgId)).map(({ id }) => id);
  if (asked.length === 0) return [...agents];
  const prices = await grants.pricesOf(orgId!, asked);
  return agents.map((agent) => {
    const price = prices.get(agent.id);
    return price === undefined ? agent : atGranted(agent, price);
  });
}
