import { type Agent, knownOnes, skillIdsOf } from "../agents/index.ts";
import { messageOfTask, skillAskedOf, taskOfMessage, withSkill } from "../routing/index.ts";
import type { Random } from "../runtime/index.ts";
import { type Line, runsOf } from "./checkout.ts";
import { type ErrorMessage, recoverable } from "./envelope.ts";
import { offerOf, offersOf, parseItemId, productIdOf } from "./offer.ts";
import { soldName, titleOf } from "./product.ts";

/** A line as a request has it. */
export interface GivenLine {
  itemId: string;
  quantity: number;
  /** Id of the line, where it is there already. */
  id?: string | undefined;
  /** What the agent is to do, as the extension has it. */
  task?: unknown;
}

/** Tasks of one checkout. */
export const RUNS_MAX = 100;

/** Why a line cannot be sold. */
export type LineProblem = { problem: ErrorMessage };

/**
 * The lines of a checkout, at the prices of now; what was in it before keeps its price.
 *
 * @param before the lines that it had
 */
export async function linesOf(
  given: readonly GivenLine[],
  before: readonly Line[],
  {
    sold,
    random,
    extension,
  }: {
    /** The agent as the buyer may buy it; undefined where it may not. */
    sold(agentId: string): Promise<Agent | undefined>;
    random: Random;
    extension: string;
  },
): Promise<Line[] | LineProblem> {
  const lines: Line[] = [];
  for (const [index, { itemId, quantity, id, task }] of given.entries()) {
    const bought = before.find((line) => line.itemId === itemId) ?? (await itemOf(itemId, sold));
    if (!bought) {
      return { problem: unavailable(itemId, index) };
    }
    const { agentId, skill, title, tasks, pricePerTask, cents } = bought;
    const item = { itemId: bought.itemId, agentId, skill, title, tasks, pricePerTask, cents, quantity };
    const isKnown = id !== undefined && before.some((line) => line.id === id) && !lines.some((line) => line.id === id);
    const line: Line = {
      ...item,
      id: isKnown ? id : random.uuid(),
      inputs: [],
      ...(task !== undefined && { given: task }),
    };
    const read = task === undefined ? [] : inputsOf(task, runsOf(line), random);
    const wrong =
      read === undefined
        ? `Give one message, or as many under messages as tasks are bought: ${runsOf(line)}`
        : await misnamed(read, line, sold);
    if (read === undefined || wrong !== undefined) {
      const path = `$.line_items[${index}]['${extension}']`;
      return { problem: { ...recoverable("task_input_invalid", wrong!, path), severity: "unrecoverable" } };
    }
    lines.push({ ...line, inputs: read.map((one) => JSON.stringify(forSkill(one, line.skill))) });
  }
  if (lines.reduce((sum, line) => sum + runsOf(line), 0) > RUNS_MAX) {
    const what = `One checkout takes at most ${RUNS_MAX} tasks; make several`;
    return { problem: { ...recoverable("quantity_limit", what, "$.line_items"), severity: "unrecoverable" } };
  }
  return lines;
}

async function itemOf(
  itemId: string,
  sold: (agentId: string) => Promise<Agent | undefined>,
): Promise<Omit<Line, "id" | "quantity" | "inputs"> | undefined> {
  const named = parseItemId(itemId);
  const agent = named && (await sold(named.agentId));
  if (!agent || !isForSale(agent)) return undefined;
  const isProduct = itemId === productIdOf(agent);
  const offer = offersOf(agent).find((one) => (isProduct ? one.skill === undefined : one.itemId === itemId));
  if (!offer) return undefined;
  const { skill, tasks, pricePerTask, cents } = offer;
  return {
    itemId: offer.itemId,
    agentId: agent.id,
    skill,
    title: titleOf({ name: soldName(agent, skill), tasks }),
    tasks,
    pricePerTask,
    cents,
  };
}

/** Whoever pays may have it work: it has no key of its own. */
export const isForSale = ({ pricePerTask, keyHash }: Agent): boolean => pricePerTask > 0n && keyHash === null;

const unavailable = (itemId: string, index: number): ErrorMessage => ({
  ...recoverable("item_unavailable", `Nothing for sale has the id ${itemId}`, `$.line_items[${index}].item.id`),
  severity: "unrecoverable",
});

type JsonObject = Record<string, unknown>;
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * What is wrong with the skills that a line's tasks name: a skill with a price of its own is an item of its own. Undefined for nothing.
 * What was bought before at its price is not looked at again.
 */
async function misnamed(
  tasks: readonly JsonObject[],
  { agentId, skill }: Line,
  sold: (agentId: string) => Promise<Agent | undefined>,
): Promise<string | undefined> {
  if (tasks.length === 0) return undefined;
  const agent = await sold(agentId);
  for (const task of tasks) {
    let named: string | undefined;
    try {
      named = skillAskedOf(agent ?? { protocol: "plain" }, task);
    } catch (error) {
      return (error as Error).message;
    }
    if (named === undefined || named === skill) continue;
    if (skill !== undefined)
      return `The message names the skill ${shown(named)}, and this item is of the skill ${shown(skill)}`;
    if (!agent) continue;
    const ids = skillIdsOf(agent);
    if (!ids.has(named)) return `The agent has no skill ${shown(named)}; ${knownOnes(ids)}`;
    if (!agent.prices.has(named)) continue;
    const item = offerOf(agent, named)?.itemId;
    return item === undefined
      ? `The skill ${shown(named)} is not sold by checkouts: send its task at the agent's own route`
      : `The message names the skill ${shown(named)}, which has a price of its own: buy the item ${item}`;
  }
  return undefined;
}

const shown = (skill: string): string => (skill.length > 64 ? `${skill.slice(0, 64)}…` : skill);

const forSkill = (task: JsonObject, skill: string | undefined): JsonObject =>
  skill === undefined ? task : { ...task, message: withSkill(task.message, skill) };

/** The tasks that the extension's payload asks for: one for all, or one for each; undefined when it is none of that. */
function inputsOf(payload: unknown, runs: number, random: Random): JsonObject[] | undefined {
  if (!isObject(payload)) return undefined;
  const { message, messages, context_id: contextId } = payload;
  if (message === undefined && messages === undefined) return [];
  const given = messages === undefined ? [message] : messages;
  if (!Array.isArray(given) || (messages !== undefined && given.length !== runs)) return undefined;
  const tasks = given.map((one) => taskOf(one, contextId, random));
  return tasks.includes(undefined) ? undefined : (tasks as JsonObject[]);
}

/** A message as agents of the plain contract take it, and as one of A2A is made of again. */
function taskOf(message: unknown, contextId: unknown, random: Random): JsonObject | undefined {
  if (typeof message === "string" ? message === "" : !isObject(message)) return undefined;
  const { messageId } = isObject(message) ? message : {};
  const id = typeof messageId === "string" && messageId !== "" ? messageId.slice(0, 255) : random.uuid();
  try {
    const whole = isObject(message) && typeof contextId === "string" ? { contextId, ...message } : message;
    return taskOfMessage(messageOfTask({ message: whole } as never, id));
  } catch {
    return undefined;
  }
}
