import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { Agent } from "../../agents/index.ts";
import { invalidParams, invalidRequest, methodNotFound } from "../wire/mcp-error.ts";
import type { SealedNames } from "./sealed-names.ts";

/** What a message is made of (JSON-RPC 2.0). */
const MEMBERS = ["jsonrpc", "id", "method", "params", "result", "error"];
/** What of the parameters decides which tool, task or session is meant, and so what it costs and whose it is. */
const RULED = [
  "name",
  "arguments",
  "taskId",
  "requestState",
  "inputResponses",
  "notifications",
  "task",
  "uri",
  "_meta",
];
const ruled = new Map(RULED.map((name) => [folded(name), name]));

/** As readers that ignore case, or what stands between letters, tell names apart: Go's takes `Name` for `name`, and \u017f for s. */
function folded(name: string): string {
  return name
    .normalize("NFKC")
    .toUpperCase()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");
}

const CALL = "tools/call";

/** @throws McpError for what a server could take for a call, and is not paid for as one: one that asks for no answer, or is spelled otherwise */
function demandOneMeaning({ id, method }: JsonObject): void {
  if (typeof method !== "string") return;
  if (id === undefined && !method.startsWith("notifications/")) {
    throw invalidRequest("What is no notification has an id: nobody would be told what came of it");
  }
  if (method !== CALL && folded(method) === folded(CALL)) throw methodNotFound(method);
}

/** @throws McpError for a member that a server could read as another one, which was judged */
function demandOneReading(params: JsonObject): void {
  for (const name of Object.keys(params)) {
    const meant = ruled.get(folded(name));
    if (meant === undefined || meant === name) continue;
    throw invalidParams(`The member ${JSON.stringify(name.slice(0, 64))} of params could be read as ${meant}`);
  }
}

/** A message of the caller's as the server is to have it. @throws McpError for a name that was never this caller's */
export function inward(given: JsonObject, names: SealedNames): JsonObject {
  const message = Object.fromEntries(MEMBERS.flatMap((name) => (name in given ? [[name, given[name]]] : [])));
  const { method, params } = message;
  demandOneMeaning(message);
  if (!isObject(params)) return message;
  demandOneReading(params);
  const told = { ...params };
  if (typeof method === "string" && method.startsWith("tasks/") && "taskId" in told) {
    told.taskId = opened(names, "task", told.taskId, "There is no such task");
  }
  if ("requestState" in told)
    told.requestState = opened(names, "state", told.requestState, "This requestState is not of this call");
  if (method === "subscriptions/listen" && isObject(told.notifications) && Array.isArray(told.notifications.taskIds)) {
    const taskIds = told.notifications.taskIds.map((id) => opened(names, "task", id, "There is no such task"));
    told.notifications = { ...told.notifications, taskIds };
  }
  return { ...message, params: told };
}

function opened(names: SealedNames, kind: "task" | "state", given: unknown, otherwise: string): string {
  const name = names.open(kind, given);
  if (name === undefined) throw invalidParams(otherwise);
  return name;
}

/**
 * A server's whole answer under the name that the caller gave its request: some servers refuse what they have read without it, and clients
 * take a null there for something else.
 */
export const answerTo = ({ id }: JsonObject, told: JsonObject): JsonObject =>
  isObject(told.error) && told.id === null && id !== undefined ? { ...told, id } : told;

/** A server's answer as the caller is to have it: its names sealed, nothing that others may keep, and no instructions that nobody has looked at. */
export function outward(answer: JsonObject, names: SealedNames): JsonObject {
  return isObject(answer.result) ? { ...answer, result: outwardResult(answer.result, names) } : answer;
}

/**
 * What a server says beside an answer, as the caller is to have it. Undefined for what it is not to have: answers to others, and word of a
 * task whose name it did not bring. A name comes with the answer that began the task, which is paid for, and in no other way.
 */
export function outwardBeside(message: JsonObject, names: SealedNames): JsonObject | undefined {
  const { method, params } = message;
  if (typeof method !== "string") return undefined;
  if (!isObject(params) || params.taskId === undefined) return message;
  const taskId = typeof params.taskId === "string" ? names.broughtAs("task", params.taskId) : undefined;
  return taskId === undefined ? undefined : { ...message, params: { ...params, taskId } };
}

/** The same of a stream that is no call's. Of an agent that costs something, pieces come with the calls that pay for them. */
export const outwardApart = (message: JsonObject, names: SealedNames, agent: Priced): JsonObject | undefined =>
  isPiece(message) && costsSomething(agent) ? undefined : outwardBeside(message, names);

type Priced = Pick<Agent, "pricePerTask" | "prices">;

const costsSomething = ({ pricePerTask, prices }: Priced): boolean =>
  pricePerTask > 0n || [...prices.values()].some((price) => price > 0n);

/** A piece of what a call brings: what a caller pays for who leaves after it. */
export const isPiece = ({ method }: JsonObject): boolean =>
  method === "notifications/progress" || method === "notifications/message";

function outwardResult(result: JsonObject, names: SealedNames): JsonObject {
  const { instructions: _, ...told } = result;
  if (typeof told.taskId === "string") told.taskId = names.seal("task", told.taskId);
  if (isObject(told.task) && typeof told.task.taskId === "string") {
    told.task = { ...told.task, taskId: names.seal("task", told.task.taskId) };
  }
  if (typeof told.requestState === "string") told.requestState = names.seal("state", told.requestState);
  if ("cacheScope" in told) told.cacheScope = "private";
  return told;
}
