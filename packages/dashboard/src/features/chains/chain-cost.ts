import { type MicroDollars, microDollarsFromNumber } from "@agentgate/protocol";

/** What a run costs at most: each step once, at its agent's price; undefined where an agent is not there, so that nobody knows. */
export function costOf(
  agentIds: readonly string[],
  priceOf: (agentId: string) => number | undefined,
): { total: MicroDollars; most: MicroDollars } | undefined {
  let [total, most] = [0n, 0n];
  for (const id of agentIds) {
    const dollars = priceOf(id);
    if (dollars === undefined) return undefined;
    const price = microDollarsFromNumber(dollars);
    total += price;
    if (price > most) most = price;
  }
  return { total, most };
}
