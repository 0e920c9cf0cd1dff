import { invalidParams } from "../errors.ts";
import { isObject, type JsonObject, member } from "../json.ts";
import { fromPushConfigV03, toPushConfigV03 } from "../v0-3/push-config.ts";

const NAME = /^tasks\/([^/]+)\/pushNotificationConfigs\/([^/]*)$/;

/** `{name: "tasks/{task}/pushNotificationConfigs/{id}", pushNotificationConfig}`, also inside a create request's `config`. */
export function fromRestTaskPushConfigV03(value: unknown): JsonObject {
  if (!isObject(value)) throw invalidParams("A push notification config must be an object");
  const outer = isObject(value.config) ? value.config : value;
  const [, taskId, id] = NAME.exec(String(outer.name ?? "")) ?? [];
  const given = member(outer, "pushNotificationConfig");
  const config = fromPushConfigV03(given ?? outer);
  const configId = config.id || value.configId || id;
  return {
    ...(taskId !== undefined && { taskId }),
    ...config,
    ...(typeof configId === "string" && configId !== "" && { id: configId }),
  };
}

/** The whole request, which some servers read as the body in place of the config alone. */
export const toRestCreatePushConfigV03 = (config: JsonObject): JsonObject => ({
  parent: `tasks/${config.taskId}`,
  configId: config.id,
  config: toRestTaskPushConfigV03(config),
});

export const toRestTaskPushConfigV03 = (config: JsonObject): JsonObject => ({
  name: `tasks/${config.taskId}/pushNotificationConfigs/${config.id ?? ""}`,
  pushNotificationConfig: toPushConfigV03(config),
});
