import { z } from "zod";
import { actions } from "../access/index.ts";
import type { OperationDoc, ResponseDoc } from "../http/index.ts";

export const mcpTag = { name: "MCP", description: "Agents as the tools of Model Context Protocol servers" };

const message = z
  .looseObject({
    jsonrpc: z.literal("2.0"),
    id: z.union([z.string(), z.int()]).optional(),
    method: z.string(),
    params: z.looseObject({}).optional(),
  })
  .meta({ id: "McpMessage", description: "One JSON-RPC request or notification; no batches" });

const answer = z
  .looseObject({
    jsonrpc: z.literal("2.0"),
    id: z.union([z.string(), z.int()]).nullish(),
    result: z.looseObject({}).optional(),
    error: z.looseObject({ code: z.int(), message: z.string() }).optional(),
  })
  .meta({ id: "McpAnswer" });

const headers = z.object({
  "MCP-Protocol-Version": z.string().optional().describe("As in the message; the modern era needs it"),
  "Mcp-Method": z.string().optional().describe("The message's method; the modern era needs it"),
  "Mcp-Name": z.string().optional().describe("The tool's name, or the task's id; the modern era needs it"),
  "X-AgentGate-Payer-Key": z.string().optional().describe("Who pays, where the bearer is the agent's own key"),
  "Idempotency-Key": z.string().optional().describe("Makes a `tools/call` once, however often it is sent"),
});

/** Every answer has a JSON-RPC body. */
const responses: Record<number, ResponseDoc> = {
  200: {
    description: "The answer; server-sent events where it takes long, or progress was asked for",
    schema: answer,
    contentType: ["application/json", "text/event-stream"],
  },
  202: { description: "A notification, or an answer, was taken" },
  400: { description: "No message of the protocol: the code tells why" },
  401: { description: "The key is nobody's, or one is needed" },
  403: { description: "A page of another origin, or a key that was not made for this" },
  404: { description: "No such agent to this caller, or no such method" },
  405: { description: "Only POST is answered" },
  413: { description: "The message is larger than 4 MiB" },
  415: { description: "The body is not JSON" },
  429: { description: "Too many requests; `Retry-After` says when to try again" },
  500: { description: "The gateway's fault" },
  503: { description: "Not right now; `Retry-After` says when to try again" },
};

const common = {
  method: "POST",
  action: actions.sendTasks,
  readsKey: true,
  tag: mcpTag,
  headers,
  body: message,
  responses,
  errors: { schema: answer, contentType: "application/json" },
} as const;

export const mcpDocs: readonly OperationDoc[] = [
  {
    ...common,
    path: "/agents/{id}/mcp",
    operationId: "callAgentMcp",
    summary: "Speak to one agent as an MCP server",
    description:
      "Streamable HTTP of the revisions 2026-07-28 and, without sessions, 2025-11-25, 2025-06-18 and 2025-03-26. The agent's skills are its tools; " +
      "a `tools/call` is admitted, limited, paid and logged as any other task. The agent is named by its id or its slug. An agent that is an MCP server " +
      "itself answers as that server: its tools under their own names, as they were approved, and all else as it says, GET and DELETE of its sessions included.",
    params: z.object({ id: z.string().describe("The agent's id or slug") }),
    bodyExample: { jsonrpc: "2.0", id: 1, method: "tools/list" },
  },
  {
    ...common,
    path: "/ucp/mcp",
    operationId: "callShopMcp",
    summary: "Shop through an MCP server",
    description:
      "The operations of the UCP REST binding as tools: `search_catalog`, `lookup_catalog`, `get_product`, `create_checkout`, `get_checkout`, `update_checkout`, `complete_checkout`, " +
      "`cancel_checkout` and `get_order`. Each takes `meta` with the platform's profile, `id` beside its payload, and answers what the REST binding does.",
    bodyExample: { jsonrpc: "2.0", id: 1, method: "tools/list" },
  },
  {
    ...common,
    path: "/mcp",
    operationId: "callMcp",
    summary: "Speak to all of an organization's agents as one MCP server",
    description:
      "The same protocol. Its tools are those of the caller's toolset, by default of its organization's own agents, each with its agent's slug before its name; beyond 40 the " +
      "list has `agentgate__search_tools` and `agentgate__call_tool` in their place. The address narrows them: `?agents=`, `?tools=`, `?read_only=1`.",
    query: z.object({
      agents: z.string().optional().describe("Ids or slugs of agents, with commas"),
      tools: z.string().optional().describe("Names of tools, with commas"),
      read_only: z.string().optional().describe("1 for tools alone that change nothing, as they say themselves"),
    }),
    bodyExample: { jsonrpc: "2.0", id: 1, method: "tools/list" },
  },
];
