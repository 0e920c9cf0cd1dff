import { invalidParams } from "../errors.ts";
import { isObject, type JsonObject, without } from "../json.ts";

/** 0.3's config as 1.0 has it. Of several authentication schemes the first is kept: 1.0 has one. */
export function fromPushConfigV03(config: unknown): JsonObject {
  if (!isObject(config)) throw invalidParams("pushNotificationConfig must be an object");
  const { authentication } = config;
  if (!isObject(authentication)) return without(config, "authentication");
  const { schemes, ...rest } = authentication;
  const scheme = Array.isArray(schemes) ? schemes[0] : undefined;
  return { ...config, authentication: without({ scheme, ...rest }) };
}

export function toPushConfigV03(config: JsonObject): JsonObject {
  const { authentication } = config;
  const rest = without(config, "authentication", "taskId", "tenant");
  if (!isObject(authentication)) return rest;
  const { scheme, ...others } = authentication;
  return { ...rest, authentication: { schemes: scheme ? [scheme] : [], ...others } };
}

/** `{taskId, pushNotificationConfig}` flattened. */
export function fromTaskPushConfigV03(value: unknown): JsonObject {
  if (!isObject(value)) throw invalidParams("A push notification config must be an object");
  const { pushNotificationConfig, ...rest } = value;
  return { ...rest, ...fromPushConfigV03(pushNotificationConfig) };
}

export const toTaskPushConfigV03 = (config: JsonObject): JsonObject => ({
  taskId: config.taskId,
  pushNotificationConfig: toPushConfigV03(config),
});
