import { formatMicroDollars, type MicroDollars, microDollarsToNumber, skillIdOf } from "@agentgate/protocol";
import { Problem, type ValidationFinding } from "../../http/index.ts";

/** What skills cost that have a price of their own, by their ids. Immutable. */
export type SkillPrices = ReadonlyMap<string, MicroDollars>;

export const NO_PRICES: SkillPrices = new Map();

type Skills = readonly Record<string, unknown>[];

/** What of an agent its prices are about. */
interface Priced {
  readonly protocol: string;
  readonly skills: Skills;
  readonly prices: SkillPrices;
}

/** What a request may say of prices: each skill its own, or all of them by id. */
export interface GivenPrices {
  skills?: readonly (Record<string, unknown> & { price?: MicroDollars | null | undefined })[] | null | undefined;
  prices?: Readonly<Record<string, MicroDollars>> | null | undefined;
}

/**
 * The prices that a request says; undefined when it says nothing of them. Skills and prices are each said as a whole: what is not among
 * them is none.
 * @throws Problem 422 for a skill that cannot be named, or has two prices
 */
export function saidPrices({ skills, prices }: GivenPrices): SkillPrices | undefined {
  if (skills == null && prices == null) return undefined;
  const said = new Map<string, MicroDollars>(Object.entries(prices ?? {}));
  for (const [index, skill] of (skills ?? []).entries()) {
    const { price } = skill;
    if (price == null) continue;
    const id = skillIdOf(skill);
    if (id === undefined)
      throw invalid(["skills", `${index}`, "price"], "A skill with a price needs an id that tasks can name it by");
    const other = said.get(id);
    if (other !== undefined && other !== price) {
      throw invalid(
        ["skills", `${index}`, "price"],
        `The skill ${id} has two prices: ${told(price)} and ${told(other)}`,
      );
    }
    said.set(id, price);
  }
  return said.size === 0 ? NO_PRICES : said;
}

/** Skills without their prices, which are kept apart: what a card says of its own is no price here. */
export const withoutPrices = (skills: Skills): Skills =>
  skills.some((skill) => "price" in skill) ? skills.map(({ price: _, ...skill }) => skill) : skills;

/** The skills as they are told, with the prices that they have of their own. */
export function pricedSkills({ skills, prices }: Pick<Priced, "skills" | "prices">): Skills {
  if (prices.size === 0) return skills;
  return skills.map((skill) => {
    const price = prices.get(skillIdOf(skill) ?? "");
    return price === undefined ? skill : { ...skill, price: microDollarsToNumber(price) };
  });
}

export const toWirePrices = (prices: SkillPrices): Record<string, number> =>
  Object.fromEntries(Array.from(prices, ([id, price]) => [id, microDollarsToNumber(price)]));

/** As they are kept: money as text, whole. */
export const pricesToJson = (prices: SkillPrices): string =>
  prices.size === 0 ? "{}" : JSON.stringify(Object.fromEntries(Array.from(prices, ([id, price]) => [id, `${price}`])));

export function pricesFromJson(text: string): SkillPrices {
  if (text === "{}") return NO_PRICES;
  return pricesOf(JSON.parse(text));
}

export const pricesOf = (kept: Readonly<Record<string, string>>): SkillPrices =>
  new Map(Object.entries(kept).map(([id, price]) => [id, BigInt(price)]));

export const isSamePrices = (some: SkillPrices, others: SkillPrices): boolean =>
  some.size === others.size && [...some].every(([id, price]) => others.get(id) === price);

/** The ids of the skills that tasks may name. */
export const skillIdsOf = ({ skills }: Pick<Priced, "skills">): Set<string> =>
  new Set(skills.flatMap((skill) => skillIdOf(skill) ?? []));

/** Whether what it can do is in its record. Of others it is read elsewhere, and only its first skills are told there. */
const hasItsSkills = ({ protocol }: Pick<Priced, "protocol">): boolean => protocol === "plain" || protocol === "a2a";

/** The agent without prices of skills that it does not have any more. */
export function prunedPrices<A extends Priced>(agent: A): A {
  if (agent.prices.size === 0 || !hasItsSkills(agent)) return agent;
  const ids = skillIdsOf(agent);
  const kept = [...agent.prices].filter(([id]) => ids.has(id));
  if (kept.length === agent.prices.size) return agent;
  return { ...agent, prices: kept.length === 0 ? NO_PRICES : new Map(kept) };
}

/** @throws Problem 422 for a price of a skill that the agent does not have */
export function demandKnownSkills(agent: Priced): void {
  if (agent.prices.size === 0 || !hasItsSkills(agent)) return;
  const ids = skillIdsOf(agent);
  for (const id of agent.prices.keys()) {
    if (!ids.has(id)) throw invalid(["prices", id], `The agent has no skill ${id}; ${knownOnes(ids)}`);
  }
}

/**
 * What names no skill must not cost less than any of them: a task could have the dearest done for it.
 * @throws Problem 422
 */
export function demandCovered({ prices, pricePerTask }: { prices: SkillPrices; pricePerTask: MicroDollars }): void {
  let dearest: [string, MicroDollars] | undefined;
  for (const one of prices) if (dearest === undefined || one[1] > dearest[1]) dearest = one;
  if (dearest === undefined || dearest[1] <= pricePerTask) return;
  const [id, price] = dearest;
  throw invalid(
    ["price_per_task"],
    `A task that names no skill costs price_per_task, which must be at least what the dearest skill does: ${id} costs ${told(price)}, and price_per_task is ${told(pricePerTask)}`,
  );
}

const NAMED_MAX = 20;

/** In a sentence, which skills there are. */
export function knownOnes(ids: ReadonlySet<string>): string {
  if (ids.size === 0) return "it names none";
  const named = [...ids].slice(0, NAMED_MAX).map((id) => (id.length > 64 ? `${id.slice(0, 64)}…` : id));
  return `it has ${named.join(", ")}${ids.size > NAMED_MAX ? ` and ${ids.size - NAMED_MAX} more` : ""}`;
}

const told = (price: MicroDollars): string => `$${formatMicroDollars(price)}`;

function invalid(path: readonly string[], msg: string): Problem {
  const finding: ValidationFinding = { type: "value_error", loc: ["body", ...path], msg };
  return new Problem(422, [finding], { code: "validation_failed" });
}
