import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { AgentSkill } from "../../../agents/index.ts";
import { Problem, type ValidationFinding } from "../../../http/index.ts";
import { skillNamedIn } from "../../orders.ts";
import { messageOfTask } from "../a2a/simple-task.ts";
import { jsonWithin } from "../answer-json.ts";

/** What a task asks an agent for that is an MCP server. */
export type ToolOrder =
  | {
      kind: "call";
      tool: string | undefined;
      /** The arguments; a text of a task that names its tool by its metadata, as steps of chains do. */
      args: JsonObject | string;
      at: readonly (string | number)[];
    }
  /** What a task of before was waiting for. */
  | {
      kind: "answer";
      taskId: string;
      responses: unknown;
      text: string | undefined;
      /** What one form holds, where one form is all that is asked. */
      content: JsonObject | undefined;
    };

/**
 * The order in a task, in whichever of its shapes: the simple one, or A2A's parameters of either version. A call is exactly one data part
 * `{tool, arguments}`; the answer to what a tool asked names the task, and is data
 * `{inputResponses}`, the content of its form, or a text.
 *
 * @throws Problem 422
 */
export function readOrder(task: JsonObject): ToolOrder {
  const message = messageOfTask(task, "-") as { parts: JsonObject[]; taskId?: unknown };
  const { parts, taskId } = message;
  const data = parts.flatMap((part, index) => ("data" in part ? [{ value: part.data, index }] : []));
  if (typeof taskId === "string" && taskId !== "") return answerIn(taskId, parts, data);
  const [only, second] = data;
  const named = only ? undefined : skillNamedIn({ message });
  if (named !== undefined) return { kind: "call", tool: named, args: textIn(parts), at: ["parts", 0, "text"] };
  if (!only)
    throw notOrdered("Send one data part, {tool, arguments}: the agent is an MCP server, and its skills are tools");
  if (second) throw notOrdered("Send one data part: one task has one tool called", ["parts", second.index]);
  const at = isObject(task.message) ? ["parts", only.index, "data"] : [];
  if (!isObject(only.value)) throw notOrdered("The data part is an object, {tool, arguments}", at);
  const { tool, arguments: args = {} } = only.value;
  if (tool !== undefined && typeof tool !== "string")
    throw notOrdered("tool is the name of one of the agent's skills", [...at, "tool"]);
  if (!isObject(args)) throw notOrdered("arguments is an object", [...at, "arguments"]);
  return { kind: "call", tool, args, at };
}

function answerIn(taskId: string, parts: JsonObject[], data: { value: unknown; index: number }[]): ToolOrder {
  const [only, second] = data;
  if (second) throw notOrdered("Answer with one data part, {inputResponses}", ["parts", second.index]);
  if (only) {
    if (!isObject(only.value)) throw notOrdered("Answer with data {inputResponses}", ["parts", only.index, "data"]);
    const { inputResponses: responses } = only.value;
    const content = responses === undefined ? only.value : undefined;
    return { kind: "answer", taskId, responses, text: undefined, content };
  }
  return { kind: "answer", taskId, responses: undefined, text: textIn(parts), content: undefined };
}

const textIn = (parts: readonly JsonObject[]): string =>
  parts.flatMap((part) => (typeof part.text === "string" ? [part.text] : [])).join("\n");

/**
 * The arguments of a call. A text is their JSON; or, of a tool that needs one text and nothing else, that text.
 * @throws Problem 422 for a text that is neither
 */
export function argumentsOf(
  { args, at }: Extract<ToolOrder, { kind: "call" }>,
  { id, inputSchema }: AgentSkill,
): JsonObject {
  if (typeof args !== "string") return args;
  const value = args.trimStart().startsWith("{") ? jsonWithin(args) : undefined;
  if (isObject(value)) return value;
  const { properties, required } = inputSchema ?? {};
  const [name, ...others] = Array.isArray(required) ? required : isObject(properties) ? Object.keys(properties) : [];
  const schema = isObject(properties) && typeof name === "string" ? properties[name] : undefined;
  if (others.length === 0 && isObject(schema) && schema.type === "string") return { [name as string]: args };
  throw notOrdered(`Send the arguments of ${id} as a data part {tool, arguments}, or as text that is their JSON`, at);
}

/** @param at within the message, or within the task where it has none */
export function notOrdered(msg: string, at: readonly (string | number)[] = ["parts"], type = "value_error"): Problem {
  return invalidTask([{ type, loc: locationOf(at), msg }]);
}

export const locationOf = (at: readonly (string | number)[]): (string | number)[] =>
  at[0] === "parts" ? ["body", "message", ...at] : ["body", ...at];

/** Nothing was sent and nothing is paid. */
export const invalidTask = (findings: ValidationFinding[]): Problem =>
  new Problem(422, findings, { code: "validation_failed" });
