import { type MicroDollars, microDollarsFromNumber } from "@agentgate/protocol";
import type { Tool } from "@agentgate/protocol/site";
import { Problem } from "../../http/index.ts";
import type { Agent } from "../agent.ts";
import { recordLimits } from "../fields.ts";
import { fitSkills, fitText } from "../fit.ts";
import type { FoundManifest } from "./found-manifest.ts";

/** The fields of an agent's record that its manifest tells. Of its calls what has room; all of them are kept as rows. */
export function siteFields({
  manifest,
  tools,
  url,
}: FoundManifest): Pick<Agent, "name" | "description" | "version" | "skills" | "url"> {
  const { name, description, version = "1.0.0" } = manifest;
  return {
    name: fitText(name, recordLimits.name),
    description: fitText(description, recordLimits.description),
    version: fitText(version, recordLimits.version),
    skills: siteSkills(tools),
    url,
  };
}

/** As the record tells them: without their schemas. */
export const siteSkills = (tools: readonly Tool[]): Agent["skills"] =>
  fitSkills(
    tools.map(({ name, description, risk, idempotent }) => ({
      id: name,
      name,
      description,
      tags: ["site"],
      ...(risk && { risk }),
      ...(idempotent && { idempotent }),
    })),
  );

const CURRENCY = "USD";
/** Beyond, a price is a slip. */
const PRICE_MAX = 1_000_000;

/** What a site asks for a call itself; undefined where it says nothing that can be charged here. */
function askedPrice({ price }: Pick<Tool, "price">): MicroDollars | undefined {
  if (price?.currency !== CURRENCY || !/^\d{1,7}(\.\d{1,6})?$/.test(String(price.amount))) return undefined;
  const dollars = Number(price.amount);
  return dollars <= PRICE_MAX ? microDollarsFromNumber(dollars) : undefined;
}

/** Whether a call has a price at its site that cannot be charged here. */
export const isUnchargeable = (tool: Pick<Tool, "price">): boolean =>
  tool.price !== undefined && askedPrice(tool) === undefined;

/**
 * Nothing is offered for less than its site asks because that was not understood.
 * @param said what is known already of what calls cost @throws Problem 422
 */
export function demandChargeable(tools: readonly Tool[], said: ReadonlyMap<string, unknown>): void {
  const tool = tools.find((one) => isUnchargeable(one) && !said.has(one.name));
  if (!tool) return;
  const { amount, currency } = tool.price!;
  throw new Problem(
    422,
    `The site asks ${amount} ${currency} for ${tool.name}, which cannot be charged here: prices are in US dollars, at most ${PRICE_MAX}. ` +
      `Say what a call costs (prices: {${JSON.stringify(tool.name)}: 0.05}), or have the site ask another price`,
    { code: "price_not_chargeable" },
  );
}

type Priced = Pick<Agent, "prices" | "pricePerTask">;

/**
 * What each call costs at a registration: as its owner says, else as the site does, else what any of the agent's tasks costs. Nothing of
 * that is kept where the site asks for nothing.
 */
export function firstPrices(tools: readonly Tool[], { prices: said, pricePerTask }: Priced): Priced {
  if (!tools.some((tool) => askedPrice(tool) !== undefined)) return { prices: said, pricePerTask };
  return covered(
    new Map(tools.map((tool) => [tool.name, said.get(tool.name) ?? askedPrice(tool) ?? pricePerTask])),
    pricePerTask,
  );
}

/** The same after a look: what still costs what the site asked for before costs what it asks for now; what its owner has said stays. */
export function pricesAfter(agent: Priced, before: readonly Tool[], after: readonly Tool[]): Priced {
  const isAsked = [...before, ...after].some((tool) => askedPrice(tool) !== undefined);
  if (!isAsked) return agent;
  const known = new Map(before.map((tool) => [tool.name, tool]));
  const base = basePrice(agent, before);
  const prices = after.map(({ name, ...tool }): [string, MicroDollars] => {
    const old = known.get(name);
    const current = agent.prices.get(name);
    const isKnown = current === undefined || !isUnchargeable(tool);
    const follows = isKnown && (current === undefined || !old || current === (askedPrice(old) ?? base));
    return [name, follows ? (askedPrice(tool) ?? base) : current];
  });
  return covered(new Map(prices), agent.pricePerTask);
}

/** What calls cost for which the site asks nothing. */
function basePrice({ prices, pricePerTask }: Priced, tools: readonly Tool[]): MicroDollars {
  const own = tools
    .filter((tool) => askedPrice(tool) === undefined)
    .map(({ name }) => prices.get(name) ?? pricePerTask);
  return sorted(own)[0] ?? pricePerTask;
}

/** What names no skill costs no less than any of them. */
const covered = (prices: ReadonlyMap<string, MicroDollars>, pricePerTask: MicroDollars): Priced => ({
  prices,
  pricePerTask: sorted([pricePerTask, ...prices.values()]).at(-1)!,
});

const sorted = (prices: readonly MicroDollars[]): MicroDollars[] => [...prices].sort((a, b) => (a < b ? -1 : 1));
