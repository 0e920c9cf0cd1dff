import type { MicroDollars } from "@agentgate/protocol";
import type { Agent } from "../agents/index.ts";

/** What is sold of an agent: one task, or so many at once. */
export interface Offer {
  /** What a checkout names it by. */
  itemId: string;
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
const ITEM = /^agent_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?::(task|pack_[1-9]\d{0,2}))?$/;

export const productIdOf = ({ id }: Pick<Agent, "id">): string => `agent_${id}`;

/**
 * The smallest number of tasks that costs whole cents: the protocol knows no smaller unit, and no price is rounded. Undefined where that
 * would be too many, and for what costs nothing.
 */
export function offerOf(agent: Pick<Agent, "id" | "pricePerTask">): Offer | undefined {
  const { pricePerTask } = agent;
  if (pricePerTask <= 0n) return undefined;
  const tasks = MICROS_PER_CENT / greatestCommonDivisor(pricePerTask, MICROS_PER_CENT);
  if (tasks > PACK_MAX) return undefined;
  const name = tasks === 1n ? "task" : `pack_${tasks}`;
  const cents = (pricePerTask * tasks) / MICROS_PER_CENT;
  return { itemId: `${productIdOf(agent)}:${name}`, tasks: Number(tasks), pricePerTask, cents: Number(cents) };
}

/** What an id names: a product, or one item of it; undefined when it can be neither. */
export function parseItemId(id: string): { agentId: string; isProduct: boolean } | undefined {
  const match = ITEM.exec(id);
  return match ? { agentId: match[1]!, isProduct: match[2] === undefined } : undefined;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}
