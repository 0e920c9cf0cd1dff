import type { Agent } from "../agents/index.ts";
import { isJsonObject } from "../http/index.ts";
import { demandSame, skillNamedIn } from "./orders.ts";
import { messageOfTask } from "./protocols/a2a/simple-task.ts";
import { exceededAnswerBound, jsonWithin } from "./protocols/answer-json.ts";

/**
 * The skill that a task asks an agent for, as far as its words tell: of an agent whose skills are tools, the tool that is called. Whoever
 * sells it at that skill's price names the skill in the task's metadata: then nothing else is done for it.
 *
 * @throws Problem 422 for a task that names two
 */
export function skillAskedOf({ protocol }: Pick<Agent, "protocol">, task: Record<string, unknown>): string | undefined {
  const named = skillNamedIn(task);
  const called = protocol === "mcp" || protocol === "site" ? toolIn(task) : undefined;
  if (named !== undefined && called !== undefined) demandSame(named, called);
  return called ?? named;
}

function toolIn(task: Record<string, unknown>): string | undefined {
  const { parts } = messageOfTask(task as never, "") as { parts: Record<string, unknown>[] };
  // However many texts there are, all of them together are no more than may be built.
  const isTooMuch =
    exceededAnswerBound(parts.map(({ text }) => (isObjectText(text) ? text : "")).join("")) !== undefined;
  const parsed = (text: unknown) => (isObjectText(text) && !isTooMuch ? jsonWithin(text) : undefined);
  const called = parts.map((part) => ("data" in part ? part.data : parsed(part.text))).find(isCall);
  return called?.tool;
}

const isCall = (value: unknown): value is { tool: string } => isJsonObject(value) && typeof value.tool === "string";

const isObjectText = (text: unknown): text is string => typeof text === "string" && text.trimStart().startsWith("{");
