import type { DialectName } from "./dialect.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { Operation } from "./operations.ts";
import { type RuledNames, ruledNames, underRuledNames } from "./ruled-names.ts";

/** In the parameters of a send. Elsewhere, or in another version, these name the task, its context and where it is told of. */
const sendsElsewhere = ["id", "taskId", "contextId", "sessionId", "referenceTaskIds", "pushNotificationConfig"];
const sends = ruledNames(["message", "configuration", "metadata", "tenant"], {
  foreign: [...sendsElsewhere, "taskPushNotificationConfig", "pushNotification", "request"],
});
/** One field of 0.3's proto: `request` is its name, `message` its JSON name. */
const protoSends = ruledNames(["message", "request", "configuration", "metadata", "tenant"], {
  foreign: [...sendsElsewhere, "taskPushNotificationConfig", "pushNotification"],
});
const message = ruledNames([
  ...["messageId", "contextId", "taskId", "referenceTaskIds", "role", "parts"],
  ...["metadata", "extensions", "kind", "content"],
]);
const settings = ["acceptedOutputModes", "historyLength", "returnImmediately", "blocking"];
/** The config of one's own version goes to the relay; another version's would go to the agent unseen. */
const configurations: Readonly<Record<DialectName, RuledNames>> = {
  "1.0": ruledNames([...settings, "taskPushNotificationConfig"], {
    foreign: ["pushNotificationConfig", "pushNotification"],
  }),
  "0.3": ruledNames([...settings, "pushNotificationConfig"], {
    foreign: ["taskPushNotificationConfig", "pushNotification"],
  }),
  "0.3-rest": ruledNames([...settings, "pushNotificationConfig", "pushNotification"], {
    foreign: ["taskPushNotificationConfig"],
  }),
};
const pushConfig = ["id", "taskId", "url", "token", "authentication", "tenant"];
const config = ruledNames(pushConfig);
/** `name` is the task's in 0.3's proto. */
const task = ruledNames(["id", "historyLength", "metadata", "tenant"], { foreign: ["taskId", "name", "parent"] });
const configOf = ruledNames(["id", "taskId", "pushNotificationConfigId", "tenant"]);

/** Members of the parameters that have rules; free-form members are left alone. */
const plain: Partial<Record<Operation, RuledNames>> = {
  GetTask: task,
  CancelTask: task,
  SubscribeToTask: task,
  ListTasks: ruledNames([
    ...["contextId", "status", "pageSize", "pageToken", "historyLength", "statusTimestampAfter", "includeArtifacts"],
    "tenant",
  ]),
  CreateTaskPushNotificationConfig: ruledNames([...pushConfig, "pushNotificationConfig"]),
  GetTaskPushNotificationConfig: configOf,
  DeleteTaskPushNotificationConfig: configOf,
  ListTaskPushNotificationConfigs: ruledNames(["id", "taskId", "pageSize", "pageToken", "tenant"]),
};

/**
 * Parameters with every ruled member under its JSON name. The same object when nothing had to change.
 * @throws A2AError InvalidParams for a member that some reader could take for a ruled one, and cannot be renamed
 */
export function ruledParams(operation: Operation, dialect: DialectName, params: JsonObject): JsonObject {
  if (operation !== "SendMessage" && operation !== "SendStreamingMessage") {
    const ruled = plain[operation];
    return ruled ? underRuledNames(params, ruled) : params;
  }
  let given = underRuledNames(params, dialect === "0.3-rest" ? protoSends : sends);
  given = withMember(given, "message", ruledMessage);
  if (dialect === "0.3-rest") given = withMember(given, "request", ruledMessage);
  const configuration = configurations[dialect];
  return withMember(given, "configuration", (value) =>
    withMember(underRuledNames(value, configuration), "taskPushNotificationConfig", (push) =>
      underRuledNames(push, config),
    ),
  );
}

const ruledMessage = (value: JsonObject): JsonObject => withParts(underRuledNames(value, message));

/** No rule is about what parts hold: only the two spellings of a media type are made one. */
function withParts(given: JsonObject): JsonObject {
  if (!Array.isArray(given.parts) || !given.parts.some(isOtherwiseSpelled)) return given;
  return { ...given, parts: given.parts.map((part) => (isOtherwiseSpelled(part) ? spelled(part) : part)) };
}

const MEDIA_TYPE = /^media[_-]?type$/i;
const isMediaType = (name: string) => name.length >= 9 && name !== "mediaType" && MEDIA_TYPE.test(name);

function isOtherwiseSpelled(part: unknown): part is JsonObject {
  if (!isObject(part)) return false;
  for (const name in part) if (isMediaType(name)) return true;
  return false;
}

const spelled = (part: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(part).map(([name, value]) => [isMediaType(name) ? "mediaType" : name, value]));

/** The object with what `read` makes of an object in it; the same one when that is the same. */
function withMember(object: JsonObject, name: string, read: (value: JsonObject) => JsonObject): JsonObject {
  const value = object[name];
  if (!isObject(value)) return object;
  const changed = read(value);
  return changed === value ? object : { ...object, [name]: changed };
}

const queryTypes: Record<string, "integer" | "boolean"> = {
  historyLength: "integer",
  pageSize: "integer",
  includeArtifacts: "boolean",
};

/** The parameters of an HTTP+JSON query string, typed as the proto says; what does not parse stays text for the rules to refuse. */
export function paramsOfQuery(
  operation: Operation,
  dialect: DialectName,
  query: Iterable<[string, string]>,
): JsonObject {
  const entries = [...query].filter(([name]) => name.toLowerCase() !== "a2a-version");
  const params = ruledParams(operation, dialect, Object.fromEntries(entries));
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (queryTypes[name] === "integer" && /^-?\d{1,9}$/.test(String(value))) return [name, Number(value)];
      if (queryTypes[name] === "boolean" && /^(?:true|false)$/.test(String(value))) return [name, value === "true"];
      return [name, value];
    }),
  );
}
