/** An operation of the gateway's OpenAPI document. */
export interface Operation {
  operationId: string;
  method: string;
  path: string;
  parameters: { name: string; in: "path" | "query" | "header"; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

/** A JSON Schema, as far as it is read here. */
// biome-ignore lint/suspicious/noExplicitAny: its members are of every kind
export type Schema = Record<string, any>;

export interface Document {
  paths: Record<string, Record<string, Omit<Operation, "method" | "path">>>;
  components: { schemas: Record<string, Schema> };
}

export const operationsOf = ({ paths }: Document): Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, page]) => ({ ...page, method: method.toUpperCase(), path })),
  );

const MCP =
  "a protocol with clients of its own, which are given this address: one of those is better than a part of one";

/** Operations that no method of the client makes, and why. */
export const exceptions: Readonly<Record<string, string>> = {
  getWellKnownAgentCard: "the card that `getAgentCard` gets, at the address where A2A clients look for it",
  getOldAgentCard: "the same, for clients of A2A 0.2",
  listKnownTasksAtRoot: "what `listTasks` lists, at one more address",
  subscribeToTaskByGet: "what `subscribeToTask` does, for clients that ask by GET",
  takePushNotification:
    "where agents tell the gateway of tasks: its callers are agents, by an address that they were given",
  createSession: "a browser's cookie: programs have keys, and `createSignInLink` signs a browser in",
  getSession: "of a browser's cookie, likewise",
  deleteSession: "of a browser's cookie, likewise; `endSession` ends any",
  callMcp: MCP,
  callAgentMcp: MCP,
  callShopMcp: MCP,
};

/** Which method makes an operation, where it is not called like it: `logs.list` is that of what `logs` is, `A2aAgent.getTask` of that class. */
const others: Readonly<Record<string, string>> = {
  getHealth: "health",
  getReadiness: "readiness",
  getAgentsHealth: "agentsHealth",
  getMetrics: "metrics",
  getDiscovery: "discovery",
  getMe: "me",
  listEvents: "followEvents",
  listUcpProducts: "getUcpCatalog",
  streamChainRun: "streamChain",
  listKnownTasks: "listTasks",
  deleteListedSession: "endSession",
  deleteSessions: "endSessions",
  ...below("A2aAgent", {
    ...same(["sendMessage", "streamMessage", "listTasks", "getTask", "cancelTask", "subscribeToTask", "callJsonRpc"]),
    createPushNotificationConfig: "createPushConfig",
    listPushNotificationConfigs: "listPushConfigs",
    getPushNotificationConfig: "getPushConfig",
    deletePushNotificationConfig: "deletePushConfig",
    getExtendedAgentCard: "getExtendedCard",
  }),
  ...below("UcpShop", {
    ...same(["searchCatalog", "findProducts", "getProduct", "getOrder", "getOrderResult"]),
    createCheckoutSession: "createCheckout",
    getCheckoutSession: "getCheckout",
    updateCheckoutSession: "updateCheckout",
    completeCheckoutSession: "completeCheckout",
    cancelCheckoutSession: "cancelCheckout",
    getUcpVersionProfile: "getProfile",
    getUcpSchema: "getSchema",
    getUcpPage: "getPage",
    rotateUcpKeys: "rotateKeys",
  }),
  ...below("logs", { listLogs: "list", getLog: "get", getLogHistogram: "histogram", getLogFacets: "facets" }),
  ...below("stats", { getStatsSeries: "series", getStatsTop: "top", getPublicStats: "public", getAgentStats: "agent" }),
  ...below("keysOf", { ...keys("OrgKey"), ...keys("AdminKey") }),
};

/** The method, with what answers the object that has it: `getAgent`, `logs.list`. */
export const methodOf = ({ operationId }: Pick<Operation, "operationId">): string => others[operationId] ?? operationId;

function below(owner: string, methods: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(methods).map(([operation, method]) => [operation, `${owner}.${method}`]));
}

function same(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]));
}

function keys(name: string): Record<string, string> {
  const verbs = ["create", "get", "update", "delete", "rotate", "disable", "enable"];
  return { ...Object.fromEntries(verbs.map((verb) => [`${verb}${name}`, verb])), [`list${name}s`]: "list" };
}
