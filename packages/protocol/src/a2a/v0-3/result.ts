import { A2AError } from "../errors.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { Operation } from "../operations.ts";
import { fromTaskPushConfigV03, toTaskPushConfigV03 } from "./push-config.ts";
import { fromEventV03, fromTaskV03, toEventV03, toTaskV03 } from "./task.ts";

/** A 0.3 agent's result as the 1.0 operation answers it. Cards are translated by `normalizeCard`. */
export function fromResultV03(operation: Operation, result: unknown): unknown {
  switch (operation) {
    case "SendMessage":
      return fromEventV03(result);
    case "GetTask":
    case "CancelTask":
      return fromTaskV03(result);
    case "CreateTaskPushNotificationConfig":
    case "GetTaskPushNotificationConfig":
      return fromTaskPushConfigV03(result);
    case "ListTaskPushNotificationConfigs":
      if (!Array.isArray(result)) throw new A2AError("InvalidAgentResponse", "The list of configs must be an array");
      return { configs: result.map(fromTaskPushConfigV03), nextPageToken: "" };
    case "DeleteTaskPushNotificationConfig":
      return {};
    default:
      return result;
  }
}

/** A 1.0 result as 0.3 answers it. Cards are rendered by `renderCard`. */
export function toResultV03(operation: Operation, result: unknown): unknown {
  switch (operation) {
    case "SendMessage":
      return toEventV03(result);
    case "GetTask":
    case "CancelTask":
      return toTaskV03(result);
    case "ListTasks":
      return listOf(result, "tasks").map(toTaskV03);
    case "CreateTaskPushNotificationConfig":
    case "GetTaskPushNotificationConfig":
      return toTaskPushConfigV03(isObject(result) ? result : {});
    case "ListTaskPushNotificationConfigs":
      return listOf(result, "configs").map((config) => toTaskPushConfigV03(config as JsonObject));
    case "DeleteTaskPushNotificationConfig":
      return null;
    default:
      return result;
  }
}

const listOf = (result: unknown, name: string): unknown[] =>
  isObject(result) && Array.isArray(result[name]) ? result[name] : [];
