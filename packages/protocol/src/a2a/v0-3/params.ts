import { invalidParams } from "../errors.ts";
import { isObject, type JsonObject, without } from "../json.ts";
import type { Operation } from "../operations.ts";
import { fromMessageV03, toMessageV03 } from "./message.ts";
import { fromPushConfigV03, fromTaskPushConfigV03, toPushConfigV03, toTaskPushConfigV03 } from "./push-config.ts";

/** Parameters of a 0.3 request as the 1.0 operation takes them. @throws A2AError InvalidParams */
export function fromParamsV03(operation: Operation, params: JsonObject): JsonObject {
  switch (operation) {
    case "SendMessage":
    case "SendStreamingMessage":
      return without({
        ...params,
        message: fromMessageV03(params.message),
        configuration: isObject(params.configuration) ? fromConfiguration(params.configuration) : undefined,
      });
    case "CreateTaskPushNotificationConfig":
      return fromTaskPushConfigV03(params);
    case "GetTaskPushNotificationConfig":
    case "DeleteTaskPushNotificationConfig": {
      const { id, pushNotificationConfigId, ...rest } = params;
      return without({ ...rest, taskId: id, id: pushNotificationConfigId ?? "" });
    }
    case "ListTaskPushNotificationConfigs": {
      const { id, ...rest } = params;
      return { ...rest, taskId: id };
    }
    default:
      return params;
  }
}

/**
 * 0.3 leaves open whether a send without `blocking` waits. As the official SDK has it: a request with a configuration
 * returns at once, one without waits.
 */
function fromConfiguration(configuration: JsonObject): JsonObject {
  const { blocking, pushNotificationConfig, ...rest } = configuration;
  return without({
    ...rest,
    returnImmediately: blocking !== true,
    taskPushNotificationConfig: isObject(pushNotificationConfig)
      ? fromPushConfigV03(pushNotificationConfig)
      : undefined,
  });
}

/** Parameters of a 1.0 operation as a 0.3 agent takes them. @throws A2AError InvalidParams */
export function toParamsV03(operation: Operation, given: JsonObject): JsonObject {
  const params = without(given, "tenant");
  switch (operation) {
    case "SendMessage":
    case "SendStreamingMessage": {
      if (!isObject(params.message)) throw invalidParams("message must be an object");
      const configuration = toConfiguration(isObject(params.configuration) ? params.configuration : {});
      return { ...params, message: toMessageV03(params.message), configuration };
    }
    case "CreateTaskPushNotificationConfig":
      return toTaskPushConfigV03(params);
    case "GetTaskPushNotificationConfig":
    case "DeleteTaskPushNotificationConfig": {
      const { taskId, id, ...rest } = params;
      return without({ ...rest, id: taskId, pushNotificationConfigId: id || undefined });
    }
    case "ListTaskPushNotificationConfigs": {
      const { taskId, pageSize: _size, pageToken: _token, ...rest } = params;
      return { ...rest, id: taskId };
    }
    default:
      return params;
  }
}

function toConfiguration(configuration: JsonObject): JsonObject {
  const { returnImmediately, taskPushNotificationConfig, ...rest } = configuration;
  return without({
    ...rest,
    blocking: returnImmediately !== true,
    pushNotificationConfig: isObject(taskPushNotificationConfig)
      ? toPushConfigV03(taskPushNotificationConfig)
      : undefined,
  });
}
