import { skillIdOf } from "@agentgate/protocol";
import type { Agent, AgentForSale } from "../agents/index.ts";
import { type Offer, productIdOf } from "./offer.ts";

/** What is known of an agent beside its record. */
export interface ProductFacts {
  /** Where the gateway is reached. */
  url: string;
  /** Name of the organization that owns it. */
  seller: string | undefined;
  /** Whether it did not answer when it was last looked at. */
  isUnhealthy: boolean;
}

export const CURRENCY = "USD";
/** A category of all products. */
export const CATEGORY = "ai_agent";
const SKILLS_SHOWN = 20;
const RATING_MAX = 5;

/** An agent as a product; its variants are what a checkout takes: a task of any kind, and one of each skill that has a price of its own. */
export function productOf({ agent, rating }: AgentForSale, offers: readonly Offer[], facts: ProductFacts) {
  const { name, description, tags } = agent;
  const prices = offers.map(({ cents }) => cents);
  const price = (amount: number) => ({ amount, currency: CURRENCY });
  const skills = skillNames(agent);
  return {
    id: productIdOf(agent),
    title: name,
    description: { plain: description || name },
    url: `${facts.url}/agents/${agent.id}`,
    categories: [
      { value: CATEGORY, taxonomy: "merchant" },
      ...[...new Set([...skills, ...tags])].map((value) => ({ value, taxonomy: "merchant" })),
    ],
    price_range: { min: price(Math.min(...prices)), max: price(Math.max(...prices)) },
    variants: offers.map((offer) => variantOf(agent, offer, facts)),
    ...(rating.average !== null && {
      rating: { value: Math.round(rating.average * 100) / 100, scale_max: RATING_MAX, count: rating.count },
    }),
    tags,
    metadata: {
      agent_card_url: `${facts.url}/agents/${agent.id}/card`,
      protocol: agent.protocol,
      version: agent.version,
      skills,
    },
  };
}

function variantOf(agent: Agent, { itemId, skill, tasks, cents }: Offer, { seller, isUnhealthy }: ProductFacts) {
  const name = soldName(agent, skill);
  const title = titleOf({ name, tasks });
  return {
    id: itemId,
    title,
    description: {
      plain: tasks === 1 ? `One task for ${name}` : `${tasks} tasks for ${name}, of the same input or one for each`,
    },
    price: { amount: cents, currency: CURRENCY },
    availability: { available: !isUnhealthy, status: isUnhealthy ? "out_of_stock" : "in_stock" },
    metadata: { tasks, ...(skill !== undefined && { skill }) },
    ...(seller !== undefined && { seller: { name: seller } }),
  };
}

/** What is sold, in a few words: the agent, or one thing that it can do. */
export function soldName({ name, skills }: Pick<Agent, "name" | "skills">, skill: string | undefined): string {
  if (skill === undefined) return name;
  const said = skills.find((one) => skillIdOf(one) === skill)?.name;
  return `${name}, ${typeof said === "string" && said !== "" ? said : skill}`;
}

/** What a line of a checkout is called. */
export const titleOf = ({ name, tasks }: { name: string; tasks: number }): string =>
  tasks === 1 ? `${name}: one task` : `${name}: ${tasks} tasks`;

/** Names of skills come from agents, and may be anything. */
const skillNames = ({ skills }: Agent): string[] =>
  skills
    .slice(0, SKILLS_SHOWN)
    .map(({ name, id }) => name ?? id)
    .filter((value): value is string => typeof value === "string");
