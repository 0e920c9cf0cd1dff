import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

type Schemas = "2026-07-28" | "2025-11-25" | "2025-06-18" | "ext-tasks-draft";

const read = (name: Schemas) => JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), "utf8"));
const options = { strict: false, allErrors: true, validateSchema: false };
const modern = new Ajv2020(options);
const older = new Ajv(options);
for (const ajv of [modern, older]) addFormats.default(ajv as never);
for (const name of ["2026-07-28", "2025-11-25", "ext-tasks-draft"] as const) modern.addSchema(read(name), name);
older.addSchema(read("2025-06-18"), "2025-06-18");

const compiled = new Map<string, ValidateFunction>();

function faults(schemas: Schemas, type: string, value: unknown): string {
  const place = schemas === "2025-06-18" ? "definitions" : "$defs";
  const ajv = schemas === "2025-06-18" ? older : modern;
  const ref = `${schemas}#/${place}/${type}`;
  const validate = compiled.get(ref) ?? (ajv.getSchema(ref) as ValidateFunction);
  compiled.set(ref, validate);
  return validate(value) ? "" : ajv.errorsText(validate.errors).slice(0, 2_000);
}

const results: Readonly<Record<string, string>> = {
  initialize: "InitializeResult",
  ping: "EmptyResult",
  "server/discover": "DiscoverResult",
  "tools/list": "ListToolsResult",
  "tools/call": "CallToolResult",
  "subscriptions/listen": "SubscriptionsListenResult",
  "resources/read": "ReadResourceResult",
  "resources/list": "ListResourcesResult",
  "resources/templates/list": "ListResourceTemplatesResult",
  "resources/subscribe": "EmptyResult",
  "resources/unsubscribe": "EmptyResult",
  "prompts/list": "ListPromptsResult",
  "prompts/get": "GetPromptResult",
  "completion/complete": "CompleteResult",
  "logging/setLevel": "EmptyResult",
};
const ofTasks: Readonly<Record<string, string>> = {
  "tasks/get": "GetTaskResult",
  "tasks/update": "UpdateTaskResult",
  "tasks/cancel": "CancelTaskResult",
};

const notifications: Readonly<Record<string, string>> = {
  "notifications/progress": "ProgressNotification",
  "notifications/tools/list_changed": "ToolListChangedNotification",
  "notifications/subscriptions/acknowledged": "SubscriptionsAcknowledgedNotification",
  "notifications/message": "LoggingMessageNotification",
  "notifications/cancelled": "CancelledNotification",
  "notifications/resources/updated": "ResourceUpdatedNotification",
  "notifications/resources/list_changed": "ResourceListChangedNotification",
  "notifications/prompts/list_changed": "PromptListChangedNotification",
};

/** What a server of the legacy era asks its client for, passed on by the gateway. */
const requests: Readonly<Record<string, string>> = {
  "elicitation/create": "ElicitRequest",
  "sampling/createMessage": "CreateMessageRequest",
  "roots/list": "ListRootsRequest",
  ping: "PingRequest",
};

/**
 * What is wrong with a frame that the gateway sent, by the official schemas, as text; empty when nothing is.
 *
 * @param isOwn whether it is known to be the gateway's own, and no server's behind it: then its result names its server where that is known, and
 *   nowhere else
 */
export function frameFaults(revision: string, method: string, frame: any, isOwn = true): string {
  const schemas: Schemas = revision === "2025-03-26" ? "2025-06-18" : (revision as Schemas);
  const isModern = schemas === "2026-07-28";
  if (frame.method === "notifications/tasks") return faults("ext-tasks-draft", "TaskStatusNotification", frame);
  if (frame.method !== undefined) {
    const type = "id" in frame ? !isModern && requests[frame.method] : notifications[frame.method];
    return type ? faults(schemas, type, frame) : `nobody knows ${frame.method}`;
  }
  if (frame.error !== undefined) {
    // A legacy client is given `id: null` where none could be read, which its schema of 2025-06-18 has no words for.
    if (!isModern && frame.id === null) return "";
    return faults(schemas, schemas === "2025-06-18" ? "JSONRPCError" : "JSONRPCErrorResponse", frame);
  }
  const { result } = frame;
  if (typeof result !== "object" || result === null) return "is no frame";
  const server = result._meta?.["io.modelcontextprotocol/serverInfo"];
  if (isModern) {
    if (isOwn && !server) return "serverInfo is missing";
  } else if (isOwn || !server) {
    const stranger = ["resultType", "ttlMs", "cacheScope"].find((name) => name in result);
    if (stranger) return `${stranger} is none of ${revision}`;
  }
  if (result.resultType === "task") return faults("ext-tasks-draft", "CreateTaskResult", result);
  if (result.resultType === "input_required") return faults(schemas, "InputRequiredResult", result);
  const task = ofTasks[method];
  if (task) return faults("ext-tasks-draft", task, result);
  const type = results[method];
  if (!type) return `nobody knows the result of ${method}`;
  return faults(schemas, type, result) || faults(schemas, "JSONRPCResponse", frame);
}
