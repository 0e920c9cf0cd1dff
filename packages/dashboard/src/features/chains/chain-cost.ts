import { type Agent, type ChainStep, type MicroDollars, microDollarsFromNumber } from "@agentgate/protocol";

type Priced = Pick<Agent, "price_per_task" | "prices">;

/** What a task costs that is for this skill, or for none in particular, in dollars. */
export const priceOf = ({ price_per_task, prices }: Priced, skill: string | null): number =>
  (skill === null || !Object.hasOwn(prices ?? {}, skill) ? undefined : prices?.[skill]) ?? price_per_task;

/** What a run costs at most: each step once, at the price of its skill; undefined where an agent is not there, so that nobody knows. */
export function costOf(
  steps: readonly Pick<ChainStep, "agent_id" | "skill">[],
  agentOf: (agentId: string) => Priced | null | undefined,
): { total: MicroDollars; most: MicroDollars } | undefined {
  let [total, most] = [0n, 0n];
  for (const { agent_id, skill } of steps) {
    const agent = agentOf(agent_id);
    if (!agent) return undefined;
    const price = microDollarsFromNumber(priceOf(agent, skill));
    total += price;
    if (price > most) most = price;
  }
  return { total, most };
}
