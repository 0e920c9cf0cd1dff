import { isObject, type JsonObject, member, without } from "../json.ts";
import type { Operation } from "../operations.ts";
import { fromParamsV03 } from "../v0-3/params.ts";
import { toPushConfigV03 } from "../v0-3/push-config.ts";
import { fromRestMessageV03, toRestMessageV03 } from "./message.ts";
import { fromRestTaskPushConfigV03, toRestTaskPushConfigV03 } from "./push-config.ts";
import { fromRestEventV03, fromRestTaskV03, toRestEventV03, toRestTaskV03 } from "./task.ts";

const isSend = (operation: Operation) => operation === "SendMessage" || operation === "SendStreamingMessage";

/** A 0.3 HTTP+JSON request's path, query and body members as the 1.0 operation takes them. @throws A2AError InvalidParams */
export function fromRestParamsV03(operation: Operation, params: JsonObject): JsonObject {
  if (operation === "CreateTaskPushNotificationConfig") {
    return { ...fromRestTaskPushConfigV03(params), taskId: params.taskId };
  }
  if (!isSend(operation)) return unlimited(params);
  const { request, message, configuration, ...rest } = params;
  const translated = fromRestMessageV03(message ?? request);
  if (!isObject(configuration)) return { ...rest, message: translated };
  const settings = fromParamsV03("SendMessage", {
    message: { messageId: "-", role: "user", parts: [] },
    configuration: {
      ...without(configuration, "pushNotification", "push_notification", "accepted_output_modes", "history_length"),
      ...definedMembers(configuration, "acceptedOutputModes", "historyLength"),
      pushNotificationConfig: configuration.pushNotificationConfig ?? member(configuration, "pushNotification"),
    },
  });
  return { ...rest, message: translated, configuration: unlimited(settings.configuration as JsonObject) };
}

/** A length of 0 is one left out here, where 1.0 takes it for none at all. */
const unlimited = (params: JsonObject): JsonObject =>
  params.historyLength === 0 ? without(params, "historyLength") : params;

/** Parameters of a 1.0 operation as the body of a 0.3 HTTP+JSON request. */
export function toRestParamsV03(operation: Operation, given: JsonObject): JsonObject {
  const params = without(given, "tenant");
  if (operation === "CreateTaskPushNotificationConfig") return toRestTaskPushConfigV03(params);
  if (!isSend(operation)) return params;
  const configuration = isObject(params.configuration) ? params.configuration : ({} as JsonObject);
  const { returnImmediately, taskPushNotificationConfig: push, ...rest } = configuration;
  return {
    ...params,
    message: toRestMessageV03(params.message),
    configuration: without({
      ...rest,
      blocking: returnImmediately !== true,
      pushNotification: isObject(push) ? toPushConfigV03(push) : undefined,
    }),
  };
}

export function fromRestResultV03(operation: Operation, result: unknown): unknown {
  switch (operation) {
    case "SendMessage":
      return fromRestEventV03(result);
    case "GetTask":
    case "CancelTask":
      return fromRestTaskV03(result);
    case "CreateTaskPushNotificationConfig":
    case "GetTaskPushNotificationConfig":
      return fromRestTaskPushConfigV03(result);
    case "ListTaskPushNotificationConfigs": {
      const configs = isObject(result) ? result.configs : result;
      return { configs: Array.isArray(configs) ? configs.map(fromRestTaskPushConfigV03) : [], nextPageToken: "" };
    }
    case "DeleteTaskPushNotificationConfig":
      return {};
    default:
      return result;
  }
}

export function toRestResultV03(operation: Operation, result: unknown): unknown {
  const object = isObject(result) ? result : {};
  switch (operation) {
    case "SendMessage":
      return toRestEventV03(result);
    case "GetTask":
    case "CancelTask":
      return toRestTaskV03(result);
    case "ListTasks":
      return Array.isArray(object.tasks) ? object.tasks.map(toRestTaskV03) : [];
    case "CreateTaskPushNotificationConfig":
    case "GetTaskPushNotificationConfig":
      return toRestTaskPushConfigV03(object);
    case "ListTaskPushNotificationConfigs":
      return { configs: ((object.configs ?? []) as JsonObject[]).map(toRestTaskPushConfigV03), nextPageToken: "" };
    default:
      return result;
  }
}

const definedMembers = (object: JsonObject, ...names: string[]): JsonObject =>
  Object.fromEntries(
    names.map((name) => [name, member(object, name)] as const).filter(([, value]) => value !== undefined),
  );
