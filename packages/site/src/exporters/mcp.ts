import { listTools, type Manifest, type Tool } from "@agentgate/protocol/site";
import {
  type CreateMcpHandlerOptions,
  createMcpHandler,
  type McpHttpHandler,
  type McpRequestContext,
  Server,
} from "@modelcontextprotocol/server";
import { callTool, type ToolSite } from "./call-tool.ts";

export { type McpNodeHandler, toMcpNodeHandler } from "./mcp-node.ts";

/** Headers of the MCP request that the site's own auth looks at; nothing else reaches it, and nothing leaves the process. */
const credentialHeaders = [
  "authorization",
  "x-agent-id",
  "x-agent-version",
  "signature",
  "signature-input",
  "signature-agent",
];

/**
 * The site as an MCP server, on the official SDK: `{ fetch }` for any path, such as `/mcp`; `toMcpNodeHandler` takes it for
 * servers on Node. Callers authenticate with the
 * credentials of the site, on every request; each intent and step keeps its own auth.
 */
export function toMcpHandler(site: ToolSite, options?: CreateMcpHandlerOptions): McpHttpHandler {
  const { manifest } = site;
  const tools = listTools(manifest);
  const headerNames = [...credentialHeaders, ...apiKeyHeaders(manifest)];
  return createMcpHandler((context) => createServer(site, tools, headerNames, context), options);
}

function createServer(
  site: ToolSite,
  tools: readonly Tool[],
  headerNames: readonly string[],
  { era, requestInfo }: McpRequestContext,
): Server {
  const { name, version = "1.0", description } = site.manifest;
  const server = new Server(
    { name, version },
    { capabilities: { tools: {} }, ...(description && { instructions: description }) },
  );
  server.setRequestHandler("tools/list", () => ({ tools: tools.map((tool) => describe(tool, era)) as never }));
  server.setRequestHandler("tools/call", async ({ params }, { mcpReq }) => {
    const tool = tools.find((one) => one.name === params.name);
    if (!tool) return failure({ error: "intent_not_found", message: `There is no tool "${params.name}".` });
    const headers = pick(requestInfo, headerNames);
    const { ok, body } = await callTool(site, tool, params.arguments ?? {}, { headers, signal: mcpReq.signal });
    return ok ? success(body, era) : failure(body);
  });
  return server;
}

/** Results of any type came with 2026-07-28; before, a structured result is an object. */
const canStructure = (era: McpRequestContext["era"], isObject: boolean) => era === "modern" || isObject;

const describe = (
  { name, description, inputSchema, outputSchema, idempotent, risk }: Tool,
  era: McpRequestContext["era"],
) => ({
  name,
  description,
  inputSchema,
  ...(canStructure(era, outputSchema.type === "object") && { outputSchema }),
  annotations: {
    readOnlyHint: risk === "low" && idempotent,
    destructiveHint: risk === "high",
    idempotentHint: idempotent,
    openWorldHint: true,
  },
});

function success(body: unknown, era: McpRequestContext["era"]) {
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  const content = [{ type: "text" as const, text: JSON.stringify(body) }];
  return canStructure(era, isObject) ? { content, structuredContent: body as Record<string, unknown> } : { content };
}

const failure = (body: unknown) => ({
  content: [{ type: "text" as const, text: JSON.stringify(body) }],
  isError: true,
});

const pick = (request: Request | undefined, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = request?.headers.get(name);
      return value ? [[name, value]] : [];
    }),
  );

const apiKeyHeaders = ({ auth, intents, flows }: Manifest): string[] =>
  [
    auth,
    ...intents.map((intent) => intent.auth),
    ...flows.flatMap((flow) => flow.steps.map((step) => step.auth)),
  ].flatMap((one) => one?.header?.toLowerCase() ?? []);
