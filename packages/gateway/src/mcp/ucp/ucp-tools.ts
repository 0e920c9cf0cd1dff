import type { JsonObject } from "@agentgate/protocol/a2a";

/** One operation of the shopping service, as a tool (ucp.dev, shopping, MCP binding). */
export interface UcpTool {
  name: string;
  description: string;
  method: "GET" | "POST" | "PUT";
  /** Of the REST binding. */
  path(id: string): string;
  /** The member of the arguments that is its body. */
  payload?: "checkout" | "catalog";
  takesId?: true;
  /** Its idempotency key is required. */
  needsKey?: true;
  isReadOnly?: true;
}

const SESSIONS = "/ucp/v1/checkout-sessions";
const session = (verb = "") => ({ path: (id: string) => `${SESSIONS}/${id}${verb}`, takesId: true }) as const;
const catalog = (operation: string) =>
  ({ method: "POST", path: () => `/ucp/v1/catalog/${operation}`, payload: "catalog", isReadOnly: true }) as const;

export const ucpTools: readonly UcpTool[] = [
  {
    name: "cancel_checkout",
    description: "Cancels a checkout.",
    method: "POST",
    ...session("/cancel"),
    needsKey: true,
  },
  {
    name: "complete_checkout",
    description: "Completes a checkout: its agents' tasks are done, and paid for by the caller's wallet.",
    method: "POST",
    ...session("/complete"),
    payload: "checkout",
    needsKey: true,
  },
  {
    name: "create_checkout",
    description: "Makes a checkout of items of the catalog, each with what its agent is to do.",
    method: "POST",
    path: () => SESSIONS,
    payload: "checkout",
  },
  {
    name: "get_checkout",
    description: "Tells where a checkout stands.",
    method: "GET",
    ...session(),
    isReadOnly: true,
  },
  {
    name: "get_order",
    description: "Tells an order, with what its agents answered.",
    method: "GET",
    path: (id) => `/ucp/v1/orders/${id}`,
    takesId: true,
    isReadOnly: true,
  },
  { name: "get_product", description: "Tells one product of the catalog.", ...catalog("product") },
  { name: "lookup_catalog", description: "Looks products up by their ids.", ...catalog("lookup") },
  { name: "search_catalog", description: "Searches the agents that are for sale.", ...catalog("search") },
  {
    name: "update_checkout",
    description: "Changes a checkout as a whole.",
    method: "PUT",
    ...session(),
    payload: "checkout",
  },
];

const meta = {
  type: "object",
  properties: {
    "ucp-agent": {
      type: "object",
      properties: { profile: { type: "string", description: "Address of the platform's UCP profile" } },
      required: ["profile"],
    },
    "idempotency-key": { type: "string", description: "Makes the operation once, however often it is called" },
  },
} as const;

/** What a tool takes: the request's metadata, and its resource and payload apart from each other. */
export function inputSchemaOf({ payload, takesId, needsKey }: UcpTool): JsonObject {
  return {
    type: "object",
    properties: {
      meta: { ...meta, required: ["ucp-agent", ...(needsKey ? ["idempotency-key"] : [])] },
      ...(takesId && { id: { type: "string", pattern: "^[^.]", maxLength: 128 } }),
      ...(payload && { [payload]: { type: "object" } }),
    },
    required: ["meta", ...(takesId ? ["id"] : []), ...(payload ? [payload] : [])],
  };
}

export const wireUcpTool = (tool: UcpTool): JsonObject => ({
  name: tool.name,
  description: tool.description,
  inputSchema: inputSchemaOf(tool),
  outputSchema: { type: "object", properties: { ucp: { type: "object" } }, required: ["ucp"] },
  annotations: { readOnlyHint: tool.isReadOnly === true, openWorldHint: false },
});
