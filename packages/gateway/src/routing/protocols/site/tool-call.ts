import { SKILL_META } from "@agentgate/protocol";
import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { messageOfTask } from "../a2a/simple-task.ts";
import { jsonWithin } from "../answer-json.ts";

/** What a task asks of an agent whose skills are tools. */
export interface ToolCall {
  tool: string;
  arguments: JsonObject;
  /** A person has said yes to it. */
  isConfirmed: boolean;
  /** Where its arguments stand in the task. */
  at: string[];
}

/** An answer to what the agent asked before, in place of a call. */
export interface ToolReply {
  /** The task in which it asked. */
  taskId: string;
  /** Undefined where it is neither yes nor no. */
  isConfirmed: boolean | undefined;
}

/** Why a task is no call. */
export interface NoCall {
  /** Where in the body. */
  at: string[];
  message: string;
}

const PARTS = ["message", "parts"];
const WANTED = 'one data part, such as {"type": "data", "data": {"tool": "search", "arguments": {"query": "tea"}}}';

/**
 * The call that a simple task object asks for: of its one data part, of its one text that is the same as JSON, or, where it has no message,
 * of the task itself. Where the metadata names the skill, the part is its arguments.
 */
export function toolCallOf(task: JsonObject): ToolCall | ToolReply | NoCall {
  const { parts, taskId, metadata } = messageOfTask(task, "") as {
    parts: JsonObject[];
    taskId?: string;
    metadata?: JsonObject;
  };
  const named = metadata?.[SKILL_META];
  const data = parts.flatMap((part) => ("data" in part ? [part.data] : []));
  if (parts.length === 1) {
    const [part] = parts;
    const given = "data" in part! ? part.data : jsonIn(part!.text);
    if (isObject(given) && "tool" in given)
      return callOf(given, "data" in part! ? [...PARTS, "0", "data"] : [...PARTS, "0", "text"]);
    if (typeof named === "string" && named !== "" && taskId === undefined) return argumentsOf(named, given, part!.text);
    if (taskId !== undefined) return { taskId, isConfirmed: answerIn(given, part!.text) };
    if (data.length === 1) return { at: [...PARTS, "0", "data"], message: `It names no tool: send ${WANTED}` };
  }
  if (parts.length > 1 && data.some((one) => isObject(one) && "tool" in one)) {
    return { at: PARTS, message: `A call is one part, and this message has ${parts.length}: send ${WANTED}` };
  }
  return { at: PARTS, message: `Nothing here says which tool to call: send ${WANTED}` };
}

/** A skill that was named beside its arguments; a text that is blank is none. */
function argumentsOf(tool: string, given: unknown, text: unknown): ToolCall | NoCall {
  const at = [...PARTS, "0"];
  if (isObject(given)) return { tool, arguments: given, isConfirmed: false, at };
  if (typeof text === "string" && text.trim() === "") return { tool, arguments: {}, isConfirmed: false, at };
  return { at: [...PARTS, "0"], message: `The arguments of ${tool.slice(0, 64)} are a JSON object` };
}

function callOf({ tool, arguments: given, confirm }: JsonObject, at: string[]): ToolCall | NoCall {
  if (typeof tool !== "string" || tool === "") return { at: [...at, "tool"], message: "The name of a tool is a text" };
  if (given !== undefined && given !== null && !isObject(given))
    return { at: [...at, "arguments"], message: "Arguments are a JSON object" };
  return { tool, arguments: isObject(given) ? given : {}, isConfirmed: confirm === true, at: [...at, "arguments"] };
}

function answerIn(given: unknown, text: unknown): boolean | undefined {
  if (given === true || given === false) return given;
  if (isObject(given)) {
    const said = given.confirm ?? given.answer;
    return typeof said === "string" ? spoken(said) : typeof said === "boolean" ? said : undefined;
  }
  return typeof text === "string" ? spoken(text) : undefined;
}

/** What people say in words. */
function spoken(text: string): boolean | undefined {
  const word = text
    .trim()
    .toLowerCase()
    .replace(/[.!]+$/, "");
  if (["yes", "y", "ok", "okay", "confirm", "confirmed", "accept", "true"].includes(word)) return true;
  if (["no", "n", "cancel", "decline", "declined", "false"].includes(word)) return false;
  return undefined;
}

const jsonIn = (text: unknown): unknown =>
  typeof text === "string" && /^\s*[{tf]/.test(text) ? jsonWithin(text) : undefined;
