import type { CaseContext, Row } from "./case.ts";
import { summarize } from "./statistics.ts";

/** Measures every contender once per trial, in an order that turns, so that a busy moment strikes all alike. */
export async function interleave<C extends { name: string }, R>(
  { trials, progress }: Pick<CaseContext, "trials" | "progress">,
  contenders: readonly C[],
  measure: (contender: C) => Promise<R>,
): Promise<Map<string, R[]>> {
  const results = new Map<string, R[]>(contenders.map(({ name }) => [name, []]));
  for (let trial = 0; trial < trials; trial++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = contenders[(trial + turn) % contenders.length]!;
      progress(`trial ${trial + 1}/${trials}: ${contender.name}`);
      results.get(contender.name)!.push(await measure(contender));
    }
  }
  return results;
}

/** A row per contender, a column per figure, each summed up over the trials. */
export function toRows<R>(
  results: ReadonlyMap<string, readonly R[]>,
  figures: Record<string, (result: R) => number>,
): Row[] {
  return [...results].map(([name, trials]) => ({
    name,
    figures: Object.fromEntries(
      Object.entries(figures).map(([column, figure]) => [column, summarize(trials.map(figure))]),
    ),
  }));
}
