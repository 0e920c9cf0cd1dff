import type { AgentFieldChange } from "./approval.ts";
import { skillIdOf } from "./skill.ts";

/** A skill that would cost more than it does, in US dollars. */
export interface DearerSkill {
  skill: string;
  before: number;
  after: number;
  /** It has no price of its own any more, and costs what any task does. */
  losesItsPrice: boolean;
}

/**
 * Skills that would cost more by a change of an agent: by a price of their own, or because they lose it. Those that had none cost what a
 * task does, which is a difference of its own.
 *
 * @param pricePerTask of the agent as it is, US dollars
 */
export function dearerSkills(changes: readonly AgentFieldChange[], pricePerTask: number): DearerSkill[] {
  const of = (name: string) => changes.find(({ field }) => field === name);
  const prices = of("prices");
  if (!prices || !("before" in prices)) return [];
  const [old, now] = [pricesIn(prices.before), pricesIn(prices.after)];
  const perTask = of("price_per_task")?.after;
  const otherwise = typeof perTask === "number" ? perTask : pricePerTask;
  const skills = of("skills")?.after;
  return Object.entries(old).flatMap(([skill, before]) => {
    const own = now[skill];
    // One that the agent does not have any more is asked for by nobody.
    if (own === undefined && Array.isArray(skills) && !skills.some((one) => skillIdOf(one ?? {}) === skill)) return [];
    const after = own ?? otherwise;
    return after > before ? [{ skill, before, after, losesItsPrice: own === undefined }] : [];
  });
}

const pricesIn = (value: unknown): Record<string, number> =>
  typeof value === "object" && value !== null ? (value as Record<string, number>) : {};
