import { methodOf, type Operation, operations, pathOf } from "@agentgate/protocol/a2a";

/** Something of somebody else's. */
export interface Foreign {
  taskId: string;
  contextId: string;
}

type Params = Record<string, unknown>;

/** Operations whose parameters name nothing: a list shows one's own, a card shows no task. */
const NAMELESS: readonly Operation[] = ["ListTasks", "GetExtendedAgentCard"];

/** Operations that name a task, a context or a config. */
export const naming = operations.filter((operation) => !NAMELESS.includes(operation));

/** Parameters that name somebody else's task or context, in 1.0's shape: one for each way to do so. */
export function trespasses(operation: Operation, { taskId, contextId }: Foreign): Params[] {
  const message = { messageId: "t", role: "ROLE_USER", parts: [{ text: "hi" }] };
  switch (operation) {
    case "SendMessage":
    case "SendStreamingMessage":
      return [{ taskId }, { contextId }, { referenceTaskIds: [taskId] }].map((ids) => ({
        message: { ...message, ...ids },
      }));
    case "GetTask":
    case "CancelTask":
    case "SubscribeToTask":
      return [{ id: taskId }];
    case "CreateTaskPushNotificationConfig":
      return [{ taskId, id: "config", url: "http://127.0.0.1:8999/evil" }];
    case "GetTaskPushNotificationConfig":
    case "DeleteTaskPushNotificationConfig":
      return [{ taskId, id: "config" }];
    case "ListTaskPushNotificationConfigs":
      return [{ taskId }];
    default:
      return [];
  }
}

/** A JSON-RPC call in every version and spelling that has the operation. */
export function rpcTrespasses(operation: Operation, foreign: Foreign): { version: string; body: object }[] {
  return trespasses(operation, foreign).flatMap((params) => {
    const forms: [version: "1.0" | "0.3", params: object][] = [
      ["1.0", params],
      ["1.0", protoNamed(params)],
      ["0.3", toV03(operation, params)],
    ];
    return forms.map(([version, given]) => ({
      version,
      body: { jsonrpc: "2.0", id: 1, method: methodOf(operation, version), params: given },
    }));
  });
}

/** Members under their proto names, which ProtoJSON takes as well. */
const protoNamed = (params: Params): Params =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      name === "message" ? protoNamed(value as Params) : value,
    ]),
  );

function toV03(operation: Operation, params: any): object {
  if (params.message) {
    return { message: { ...params.message, role: "user", kind: "message", parts: [{ kind: "text", text: "hi" }] } };
  }
  if (operation === "CreateTaskPushNotificationConfig") {
    return { taskId: params.taskId, pushNotificationConfig: { id: params.id, url: params.url } };
  }
  return params.taskId ? { id: params.taskId, pushNotificationConfigId: params.id } : params;
}

export interface RestTrespass {
  version: "1.0" | "0.3";
  url: string;
  body: object | undefined;
}

/**
 * The HTTP+JSON calls that an entrance takes: it ends as an operation's path does. Nothing is assumed of what stands before it, so an
 * entrance under a new address is found as well.
 */
export function restTrespasses(
  entrance: { method: string; url: string },
  agentId: string,
  foreign: Foreign,
): RestTrespass[] {
  return naming.flatMap((operation) =>
    trespasses(operation, foreign).flatMap((params) => {
      const { method, path } = pathOf(operation, params);
      const methods = operation === "SubscribeToTask" ? ["GET", "POST"] : [method];
      const prefix = methods.includes(entrance.method) ? prefixBefore(entrance.url, path, foreign) : undefined;
      if (prefix === undefined) return [];
      const version = prefix.endsWith("/v1") ? "0.3" : "1.0";
      // 0.3's ProtoJSON calls a message's parts its content.
      const given =
        version === "0.3" && params.message
          ? { message: { ...(params.message as object), content: [{ text: "hi" }] } }
          : params;
      const body = entrance.method === "POST" ? given : undefined;
      return [{ version, url: prefix.replace(":id", agentId) + path, body }];
    }),
  );
}

/** What a route has before a path, if it ends as the path does: ids meet parameters, words meet words or patterns. */
function prefixBefore(route: string, path: string, { taskId }: Foreign): string | undefined {
  const words = path.split("/").slice(1);
  const segments = route.split("/");
  const ends = segments.splice(-words.length);
  const matches = words.every((word, index) => {
    const [, pattern] = /^:\w+(?:\((.*)\))?$/.exec(ends[index] ?? "") ?? [];
    if (pattern !== undefined) return new RegExp(pattern).test(word);
    const isId = word.includes(taskId) || (word === "config" && index > 0);
    return isId ? ends[index]?.startsWith(":") === true : ends[index] === word;
  });
  return matches ? segments.join("/") : undefined;
}
