import { hash } from "node:crypto";
import type { MicroDollars } from "@agentgate/protocol";
import { type Agent, priceOf } from "../agents/index.ts";

/** What is sold of an agent: one task, or so many at once. */
export interface Offer {
  /** What a checkout names it by. */
  itemId: string;
  /** The skill that its tasks are for, where that has a price of its own. */
  skill?: string | undefined;
  /** Tasks that one item runs. */
  tasks: number;
  /** Of one task; what is charged for each that is done. */
  pricePerTask: MicroDollars;
  /** Of the item, in cents: exactly what its tasks cost. */
  cents: number;
}

const MICROS_PER_CENT = 10_000n;
/** A pack of more tasks than this would be needed to cost whole cents: such an agent is for its own route alone. */
const PACK_MAX = 100n;
const ITEM = /^agent_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?::(task|pack_[1-9]\d{0,2})(?::[\w.-]{1,64})?)?$/;
/** A skill's id that an item's can end with as it is; of all others, a digest does. */
const PLAIN_ID = /^[a-z0-9][\w.-]{0,63}$/i;
/** Begins a digest, and no id that is taken as it is. */
const DIGESTED = "-";

export const productIdOf = ({ id }: Pick<Agent, "id">): string => `agent_${id}`;

/**
 * The smallest number of tasks that costs whole cents: the protocol knows no smaller unit, and no price is rounded. Undefined where that
 * would be too many, and for what costs nothing.
 * @param skill that has a price of its own; none for a task of any
 */
export function offerOf(agent: Pick<Agent, "id" | "pricePerTask" | "prices">, skill?: string): Offer | undefined {
  const pricePerTask = priceOf(agent, skill);
  if (pricePerTask <= 0n) return undefined;
  const tasks = MICROS_PER_CENT / greatestCommonDivisor(pricePerTask, MICROS_PER_CENT);
  if (tasks > PACK_MAX) return undefined;
  const name = tasks === 1n ? "task" : `pack_${tasks}`;
  const cents = (pricePerTask * tasks) / MICROS_PER_CENT;
  const itemId = `${productIdOf(agent)}:${name}${skill === undefined ? "" : `:${skillEnd(skill)}`}`;
  return { itemId, skill, tasks: Number(tasks), pricePerTask, cents: Number(cents) };
}

/** All that is sold of an agent: a task of any kind first, then one of each skill that has a price of its own. */
export const offersOf = (agent: Pick<Agent, "id" | "pricePerTask" | "prices">): Offer[] =>
  [undefined, ...agent.prices.keys()].flatMap((skill) => offerOf(agent, skill) ?? []);

const skillEnd = (skill: string): string =>
  PLAIN_ID.test(skill) ? skill : DIGESTED + hash("sha256", skill, "hex").slice(0, 16);

/** What an id names: a product, or one item of it; undefined when it can be neither. */
export function parseItemId(id: string): { agentId: string; isProduct: boolean } | undefined {
  const match = ITEM.exec(id);
  return match ? { agentId: match[1]!, isProduct: match[2] === undefined } : undefined;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
