import { isObject, type JsonObject } from "./json.ts";
import type { Operation } from "./operations.ts";

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const message = ["message_id", "context_id", "task_id", "reference_task_ids"];
const config = ["task_id"];
const configuration = [
  "accepted_output_modes",
  "task_push_notification_config",
  "history_length",
  "return_immediately",
];

/** Members of the parameters that ProtoJSON also accepts by their proto names; free-form members are left alone. */
const plain: Partial<Record<Operation, readonly string[]>> = {
  GetTask: ["history_length"],
  ListTasks: ["context_id", "page_size", "page_token", "history_length", "status_timestamp_after", "include_artifacts"],
  CreateTaskPushNotificationConfig: config,
  GetTaskPushNotificationConfig: config,
  DeleteTaskPushNotificationConfig: config,
  ListTaskPushNotificationConfigs: [...config, "page_size", "page_token"],
};

/** 1.0 parameters with every known member under its JSON name. The same object when nothing had to change. */
export function camelCaseParams(operation: Operation, params: JsonObject): JsonObject {
  if (operation !== "SendMessage" && operation !== "SendStreamingMessage") {
    return renamed(params, plain[operation] ?? []);
  }
  const messageGiven = isObject(params.message) ? params.message : undefined;
  const renamedMessage = messageGiven && withParts(renamed(messageGiven, message));
  const settings = isObject(params.configuration) ? params.configuration : undefined;
  const renamedSettings = settings && withPush(renamed(settings, configuration));
  if (renamedMessage === messageGiven && renamedSettings === settings) return params;
  return {
    ...params,
    ...(renamedMessage && { message: renamedMessage }),
    ...(renamedSettings && { configuration: renamedSettings }),
  };
}

function withParts(given: JsonObject): JsonObject {
  if (!Array.isArray(given.parts)) return given;
  const parts = given.parts.map((part) => (isObject(part) ? renamed(part, ["media_type"]) : part));
  return parts.some((part, index) => part !== (given.parts as unknown[])[index]) ? { ...given, parts } : given;
}

function withPush(given: JsonObject): JsonObject {
  const push = given.taskPushNotificationConfig;
  if (!isObject(push)) return given;
  const renamedPush = renamed(push, config);
  return renamedPush === push ? given : { ...given, taskPushNotificationConfig: renamedPush };
}

function renamed(object: JsonObject, names: readonly string[]): JsonObject {
  if (!names.some((name) => name in object)) return object;
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [names.includes(name) ? camel(name) : name, value]),
  );
}

const queryTypes: Record<string, "integer" | "boolean"> = {
  historyLength: "integer",
  pageSize: "integer",
  includeArtifacts: "boolean",
};

/** The parameters of an HTTP+JSON query string, typed as the proto says; what does not parse stays text for the rules to refuse. */
export function paramsOfQuery(operation: Operation, query: Iterable<[string, string]>): JsonObject {
  const entries = [...query].filter(([name]) => name.toLowerCase() !== "a2a-version");
  const params = camelCaseParams(operation, Object.fromEntries(entries));
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (queryTypes[name] === "integer" && /^-?\d{1,9}$/.test(String(value))) return [name, Number(value)];
      if (queryTypes[name] === "boolean" && /^(?:true|false)$/.test(String(value))) return [name, value === "true"];
      return [name, value];
    }),
  );
}
