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

/** An agent as a product; its one variant is what a checkout takes. */
export function productOf({ agent, rating }: AgentForSale, offer: Offer, facts: ProductFacts) {
  const { name, description, tags } = agent;
  const price = { amount: offer.cents, currency: CURRENCY };
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
    price_range: { min: price, max: price },
    variants: [variantOf(agent, offer, facts)],
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

function variantOf({ name }: Agent, { itemId, tasks, cents }: Offer, { seller, isUnhealthy }: ProductFacts) {
  const title = titleOf({ name, tasks });
  return {
    id: itemId,
    title,
    description: {
      plain: tasks === 1 ? `One task for ${name}` : `${tasks} tasks for ${name}, of the same input or one for each`,
    },
    price: { amount: cents, currency: CURRENCY },
    availability: { available: !isUnhealthy, status: isUnhealthy ? "out_of_stock" : "in_stock" },
    metadata: { tasks },
    ...(seller !== undefined && { seller: { name: seller } }),
  };
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
