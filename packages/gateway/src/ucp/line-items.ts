import type { Agent } from "../agents/index.ts";
import { messageOfTask, taskOfMessage } from "../routing/index.ts";
import type { Random } from "../runtime/index.ts";
import { type Line, runsOf } from "./checkout.ts";
import { type ErrorMessage, recoverable } from "./envelope.ts";
import { offerOf, parseItemId, productIdOf } from "./offer.ts";
import { titleOf } from "./product.ts";

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
    const { agentId, title, tasks, pricePerTask, cents } = bought;
    const item = { itemId: bought.itemId, agentId, title, tasks, pricePerTask, cents, quantity };
    const isKnown = id !== undefined && before.some((line) => line.id === id) && !lines.some((line) => line.id === id);
    const line: Line = {
      ...item,
      id: isKnown ? id : random.uuid(),
      inputs: [],
      ...(task !== undefined && { given: task }),
    };
    const inputs = task === undefined ? [] : inputsOf(task, runsOf(line), random);
    if (inputs === undefined) {
      const path = `$.line_items[${index}]['${extension}']`;
      const what = `Give one message, or as many under messages as tasks are bought: ${runsOf(line)}`;
      return { problem: { ...recoverable("task_input_invalid", what, path), severity: "unrecoverable" } };
    }
    lines.push({ ...line, inputs });
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
  const offer = agent && isForSale(agent) ? offerOf(agent) : undefined;
  if (!agent || !offer || ![offer.itemId, productIdOf(agent)].includes(itemId)) return undefined;
  const { tasks, pricePerTask, cents } = offer;
  return {
    itemId: offer.itemId,
    agentId: agent.id,
    title: titleOf({ name: agent.name, tasks }),
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

/** The tasks that the extension's payload asks for: one for all, or one for each; undefined when it is none of that. */
function inputsOf(payload: unknown, runs: number, random: Random): string[] | undefined {
  if (!isObject(payload)) return undefined;
  const { message, messages, context_id: contextId } = payload;
  if (message === undefined && messages === undefined) return [];
  const given = messages === undefined ? [message] : messages;
  if (!Array.isArray(given) || (messages !== undefined && given.length !== runs)) return undefined;
  const tasks = given.map((one) => taskOf(one, contextId, random));
  return tasks.includes(undefined) ? undefined : (tasks as string[]);
}

/** A message as agents of the plain contract take it, and as one of A2A is made of again. */
function taskOf(message: unknown, contextId: unknown, random: Random): string | undefined {
  if (typeof message === "string" ? message === "" : !isObject(message)) return undefined;
  const { messageId } = isObject(message) ? message : {};
  const id = typeof messageId === "string" && messageId !== "" ? messageId.slice(0, 255) : random.uuid();
  try {
    const whole = isObject(message) && typeof contextId === "string" ? { contextId, ...message } : message;
    return JSON.stringify(taskOfMessage(messageOfTask({ message: whole } as never, id)));
  } catch {
    return undefined;
  }
}
