import { SKILL_META } from "@agentgate/protocol";
import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { isExact, memberTexts, parseSpelled } from "../../http/index.ts";
import type { SchemaChecks, SchemaFinding } from "../../json-schema/index.ts";
import { type AgentTool, continuationSchema, messageSchema } from "../tools/tool.ts";
import { invalidParams } from "../wire/mcp-error.ts";
import type { McpRequest } from "../wire/message.ts";

/** What a tool was called with. */
export interface ToolArguments {
  /** As a program reads them. */
  value: JsonObject;
  /** The same with each number as it was written, to be sent on. */
  exact: JsonObject;
}

/** @throws McpError -32602 for arguments that are no object */
export function argumentsOf({ params, paramsText }: McpRequest): ToolArguments {
  const value = params.arguments ?? {};
  if (!isObject(value)) throw invalidParams("arguments is an object");
  if (Object.values(value).every(isText) || isExact(paramsText)) return { value, exact: value };
  const text = memberTexts(paramsText)?.get("arguments");
  return { value, exact: text === undefined ? value : (parseSpelled(text) as JsonObject) };
}

/** What has no numbers in it needs no look for those that a double changes. */
const isText = (value: unknown): boolean => typeof value === "string";

/** Whether they go on with a task in place of a skill's own arguments. */
const goesOn = ({ inputSchema }: AgentTool, { value }: ToolArguments): boolean =>
  inputSchema !== undefined &&
  typeof value.task_id === "string" &&
  !isObject((inputSchema.properties as JsonObject | undefined)?.task_id) &&
  Object.keys(value).every((name) => name in continuationSchema.properties);

/** Whether they are what {@link messageSchema} asks for: of any others the schema says what is wrong. */
const isMessage = (value: JsonObject): boolean =>
  typeof value.message === "string" &&
  Object.keys(value).every(
    (name) => name === "data" || (Object.hasOwn(messageSchema.properties, name) && typeof value[name] === "string"),
  );

/** What of the arguments does not fit the tool (SEP-1303: the model is told, and tries again). */
export function findingsIn(tool: AgentTool, given: ToolArguments, checks: SchemaChecks): SchemaFinding[] {
  const owner = tool.agent.orgId ?? tool.agent.id;
  if (goesOn(tool, given)) return checks.findings(continuationSchema, given.value, { key: "continuation", owner: "" });
  if (!tool.inputSchema)
    return isMessage(given.value) ? [] : checks.findings(messageSchema, given.value, { key: "message", owner: "" });
  return checks.findings(tool.inputSchema, given.value, { key: `in ${tool.digest}`, owner });
}

/** The task for the agent (gateway.md, section 4). @param id the caller's name for it */
export function taskOf(tool: AgentTool, given: ToolArguments, id: string): JsonObject {
  const { exact } = given;
  const isOwn = tool.inputSchema !== undefined && !goesOn(tool, given);
  const parts = isOwn ? [{ type: "data", data: dataOf(tool, exact) }] : messageParts(exact);
  const metadata = tool.skillId !== undefined && { [SKILL_META]: tool.skillId };
  return {
    id,
    message: {
      role: "user",
      parts,
      ...(!isOwn && typeof exact.task_id === "string" && { taskId: exact.task_id }),
      ...(!isOwn && typeof exact.context_id === "string" && { contextId: exact.context_id }),
      ...(metadata && { metadata }),
    },
  };
}

/** Agents that have tools themselves are told which. */
const dataOf = ({ agent, skillId }: AgentTool, exact: JsonObject): JsonObject =>
  namesTools(agent.protocol) ? { tool: skillId, arguments: exact } : exact;

export const namesTools = (protocol: string): boolean => protocol === "mcp" || protocol === "site";

function messageParts({ message, data }: JsonObject): JsonObject[] {
  const parts: JsonObject[] = [];
  if (typeof message === "string") parts.push({ type: "text", text: message });
  if (data !== undefined) parts.push({ type: "data", data });
  return parts;
}

/** The same JSON with the members of all objects in one order, and each number as it was written. */
export function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, inOrder(member)]));
}
