import { isObject, type JsonObject } from "./json.ts";
import type { Operation } from "./operations.ts";

interface Names {
  exact: ReadonlySet<string>;
  /** By what is left of them without case and underscores. */
  folded: ReadonlyMap<string, string>;
}

const fold = (name: string): string => name.replaceAll("_", "").toLowerCase();
const names = (...list: string[]): Names => ({
  exact: new Set(list),
  folded: new Map(list.map((name) => [fold(name), name])),
});

const message = names("messageId", "contextId", "taskId", "referenceTaskIds", "role", "parts");
/** Only one has two spellings; the others are here to be known at once. */
const part: Names = {
  exact: new Set(["text", "raw", "url", "data", "filename", "mediaType", "metadata", "kind", "file"]),
  folded: names("mediaType").folded,
};
const configuration = names(
  "acceptedOutputModes",
  "taskPushNotificationConfig",
  "pushNotificationConfig",
  "pushNotification",
  "historyLength",
  "returnImmediately",
  "blocking",
);
const config = names("id", "taskId", "url", "token", "authentication");
const task = names("id", "historyLength");
const sends = names("message", "request", "configuration", "tenant");

/** Members of the parameters that have rules; free-form members are left alone. */
const plain: Partial<Record<Operation, Names>> = {
  GetTask: task,
  CancelTask: task,
  SubscribeToTask: task,
  ListTasks: names(
    "contextId",
    "status",
    "pageSize",
    "pageToken",
    "historyLength",
    "statusTimestampAfter",
    "includeArtifacts",
  ),
  CreateTaskPushNotificationConfig: names(...config.exact, "pushNotificationConfig"),
  GetTaskPushNotificationConfig: names("id", "taskId", "pushNotificationConfigId"),
  DeleteTaskPushNotificationConfig: names("id", "taskId", "pushNotificationConfigId"),
  ListTaskPushNotificationConfigs: names("id", "taskId", "pageSize", "pageToken"),
};

/**
 * Parameters of either version with every ruled member under its JSON name. ProtoJSON, and others, accept proto names too; some readers
 * mind no case: what was judged under one name must not reach an agent under another. The same object when nothing had to change.
 */
export function camelCaseParams(operation: Operation, params: JsonObject): JsonObject {
  if (operation !== "SendMessage" && operation !== "SendStreamingMessage") {
    const ruled = plain[operation];
    return ruled ? renamed(params, ruled) : params;
  }
  const given = renamed(params, sends);
  const messageGiven = isObject(given.message) ? given.message : undefined;
  const renamedMessage = messageGiven && withParts(renamed(messageGiven, message));
  const settings = isObject(given.configuration) ? given.configuration : undefined;
  const renamedSettings = settings && withPush(renamed(settings, configuration));
  if (renamedMessage === messageGiven && renamedSettings === settings) return given;
  return {
    ...given,
    ...(renamedMessage && { message: renamedMessage }),
    ...(renamedSettings && { configuration: renamedSettings }),
  };
}

function withParts(given: JsonObject): JsonObject {
  if (!Array.isArray(given.parts)) return given;
  const namedOf = (item: unknown) => (isObject(item) ? renamed(item, part) : item);
  const isNamed = given.parts.every((item) => namedOf(item) === item);
  return isNamed ? given : { ...given, parts: given.parts.map(namedOf) };
}

function withPush(given: JsonObject): JsonObject {
  const push = given.taskPushNotificationConfig;
  if (!isObject(push)) return given;
  const renamedPush = renamed(push, config);
  return renamedPush === push ? given : { ...given, taskPushNotificationConfig: renamedPush };
}

function renamed(object: JsonObject, { exact, folded }: Names): JsonObject {
  const nameOf = (name: string) => (exact.has(name) ? name : (folded.get(fold(name)) ?? name));
  for (const name in object) {
    if (exact.has(name) || nameOf(name) === name) continue;
    return Object.fromEntries(Object.entries(object).map(([other, value]) => [nameOf(other), value]));
  }
  return object;
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
