import type { A2AVersion } from "./version.ts";

/** What can be asked of an agent, by the JSON-RPC 1.0 method name, which is the RPC's name too. */
export const operations = [
  "SendMessage",
  "SendStreamingMessage",
  "GetTask",
  "ListTasks",
  "CancelTask",
  "SubscribeToTask",
  "CreateTaskPushNotificationConfig",
  "GetTaskPushNotificationConfig",
  "ListTaskPushNotificationConfigs",
  "DeleteTaskPushNotificationConfig",
  "GetExtendedAgentCard",
] as const;

export type Operation = (typeof operations)[number];

const methodsV03: Partial<Record<Operation, string>> = {
  SendMessage: "message/send",
  SendStreamingMessage: "message/stream",
  GetTask: "tasks/get",
  CancelTask: "tasks/cancel",
  SubscribeToTask: "tasks/resubscribe",
  CreateTaskPushNotificationConfig: "tasks/pushNotificationConfig/set",
  GetTaskPushNotificationConfig: "tasks/pushNotificationConfig/get",
  ListTaskPushNotificationConfigs: "tasks/pushNotificationConfig/list",
  DeleteTaskPushNotificationConfig: "tasks/pushNotificationConfig/delete",
  GetExtendedAgentCard: "agent/getAuthenticatedExtendedCard",
};
const operationsV03 = new Map(
  Object.entries(methodsV03).map(([operation, method]) => [method, operation as Operation]),
);

/** The operation's JSON-RPC method; undefined where the version has none. */
export const methodOf = (operation: Operation, version: A2AVersion): string | undefined =>
  version === "1.0" ? operation : methodsV03[operation];

/** The grammars of the versions are disjoint: `SendMessage` against `message/send`. */
export function operationOfMethod(method: string, version: A2AVersion): Operation | undefined {
  if (version === "0.3") return operationsV03.get(method);
  return (operations as readonly string[]).includes(method) ? (method as Operation) : undefined;
}

const methodsV01 = new Set([
  "tasks/send",
  "tasks/sendSubscribe",
  "tasks/pushNotification/set",
  "tasks/pushNotification/get",
]);

/** Methods that only A2A 0.1 had. */
export const isMethodOfV01 = (method: string): boolean => methodsV01.has(method);

/** Operations answered by a stream of events. */
export const isStreaming = (operation: Operation): boolean =>
  operation === "SendStreamingMessage" || operation === "SubscribeToTask";

/** An operation as an HTTP+JSON path names it. */
export interface RestTarget {
  operation: Operation;
  /** Parameters that the path holds, by their 1.0 name. */
  params: Record<string, string>;
}

type RestRoute = [operation: Operation, httpMethods: readonly string[], path: RegExp];

const routes: readonly RestRoute[] = [
  ["SendMessage", ["POST"], /^message:send$/],
  ["SendStreamingMessage", ["POST"], /^message:stream$/],
  ["ListTasks", ["GET"], /^tasks$/],
  ["CancelTask", ["POST"], /^tasks\/(?<id>[^/]+):cancel$/],
  // The text says POST, the proto GET; clients do both.
  ["SubscribeToTask", ["POST", "GET"], /^tasks\/(?<id>[^/]+):subscribe$/],
  ["CreateTaskPushNotificationConfig", ["POST"], /^tasks\/(?<taskId>[^/]+)\/pushNotificationConfigs$/],
  ["ListTaskPushNotificationConfigs", ["GET"], /^tasks\/(?<taskId>[^/]+)\/pushNotificationConfigs$/],
  ["GetTaskPushNotificationConfig", ["GET"], /^tasks\/(?<taskId>[^/]+)\/pushNotificationConfigs\/(?<id>[^/]+)$/],
  ["DeleteTaskPushNotificationConfig", ["DELETE"], /^tasks\/(?<taskId>[^/]+)\/pushNotificationConfigs\/(?<id>[^/]+)$/],
  ["GetTask", ["GET"], /^tasks\/(?<id>[^/]+)$/],
];

/**
 * The operation behind a path below the interface's URL, such as `tasks/42:cancel`; 0.3's stands below `v1/`.
 * A path known with other HTTP methods answers them.
 *
 * @param path without a leading slash, undecoded
 */
export function operationOfPath(httpMethod: string, path: string): RestTarget | { allowed: string[] } | undefined {
  const allowed: string[] = [];
  for (const [operation, methods, pattern] of [...routes, extendedCardRoute]) {
    const match = pattern.exec(path.replace(/%3a/gi, ":"));
    if (!match) continue;
    if (methods.includes(httpMethod)) return { operation, params: decoded({ ...match.groups }) };
    allowed.push(...methods);
  }
  return allowed.length ? { allowed } : undefined;
}

const extendedCardRoute: RestRoute = ["GetExtendedAgentCard", ["GET"], /^(?:extendedAgentCard|card)$/];

function decoded(groups: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(groups).map(([name, value]) => {
      try {
        return [name, decodeURIComponent(value)];
      } catch {
        return [name, value];
      }
    }),
  );
}

/** The HTTP method and path (below the interface's URL) that ask for an operation, and the parameters left for query or body. */
export function pathOf(
  operation: Operation,
  params: Readonly<Record<string, unknown>>,
): { method: "GET" | "POST" | "DELETE"; path: string } {
  const id = encodeURIComponent(String(params.id ?? ""));
  const configs = `/tasks/${encodeURIComponent(String(params.taskId ?? ""))}/pushNotificationConfigs`;
  switch (operation) {
    case "SendMessage":
      return { method: "POST", path: "/message:send" };
    case "SendStreamingMessage":
      return { method: "POST", path: "/message:stream" };
    case "GetTask":
      return { method: "GET", path: `/tasks/${id}` };
    case "ListTasks":
      return { method: "GET", path: "/tasks" };
    case "CancelTask":
      return { method: "POST", path: `/tasks/${id}:cancel` };
    case "SubscribeToTask":
      return { method: "POST", path: `/tasks/${id}:subscribe` };
    case "CreateTaskPushNotificationConfig":
      return { method: "POST", path: configs };
    case "ListTaskPushNotificationConfigs":
      return { method: "GET", path: configs };
    case "GetTaskPushNotificationConfig":
      return { method: "GET", path: `${configs}/${id}` };
    case "DeleteTaskPushNotificationConfig":
      return { method: "DELETE", path: `${configs}/${id}` };
    case "GetExtendedAgentCard":
      return { method: "GET", path: "/extendedAgentCard" };
  }
}
