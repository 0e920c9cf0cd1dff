import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { createMcpHandler, Server, WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";

/** A tool of a test's server: as it is listed, and what it does. */
export interface TestTool {
  name: string;
  title?: string;
  description?: string;
  inputSchema: Record<string, unknown>;
  outputSchema?: Record<string, unknown>;
  annotations?: Record<string, unknown>;
  /** @param context of the SDK: `mcpReq` with its signal, the answers to what was asked, and a way to notify */
  run(args: any, context: any, call: TestCall): unknown;
}

/** Where a call of a tool came. */
export interface TestCall {
  sessionId: string | undefined;
  headers: IncomingMessage["headers"];
}

export interface SdkServer {
  url: string;
  /** Of all that was asked, in its order; may be looked at and emptied. */
  requests: { method: string; headers: IncomingMessage["headers"]; body: string }[];
  /** May be changed while it runs. */
  tools: TestTool[];
  /** How many sessions are open. */
  sessions(): number;
  close(): Promise<void>;
}

/** `modern`: stateless alone; `both`: either era, without sessions; `sessions`: the legacy era, with a session for each client. */
export type TestEra = "modern" | "both" | "sessions";

export const textOf = (text: string) => ({ content: [{ type: "text", text }] });

/** A real MCP server on loopback, on the official SDK. */
export async function startSdkServer(tools: TestTool[], era: TestEra = "modern"): Promise<SdkServer> {
  const known = { tools };
  const requests: SdkServer["requests"] = [];
  const transports = new Map<string, WebStandardStreamableHTTPServerTransport>();
  const make = (call: () => TestCall) => {
    const server = new Server({ name: "test-server", version: "1.2.3" }, { capabilities: { tools: {} } });
    server.setRequestHandler("tools/list", () => ({ tools: known.tools.map(({ run: _, ...tool }) => tool) as never }));
    server.setRequestHandler("tools/call", async ({ params }, context) => {
      const tool = known.tools.find(({ name }) => name === params.name);
      if (!tool) throw Object.assign(new Error(`Unknown tool: ${params.name}`), { code: -32602 });
      return (await tool.run(params.arguments ?? {}, context, call())) as never;
    });
    return server;
  };
  let lastHeaders: IncomingMessage["headers"] = {};
  const handler = createMcpHandler(() => make(() => ({ sessionId: undefined, headers: lastHeaders })), {
    legacy: era === "both" ? "stateless" : "reject",
  });

  const withSession = async (request: Request, headers: IncomingMessage["headers"]): Promise<Response> => {
    const named = request.headers.get("mcp-session-id");
    const existing = named === null ? undefined : transports.get(named);
    if (existing) return existing.handleRequest(request);
    if (named !== null)
      return Response.json(
        { jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } },
        { status: 404 },
      );
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id: string) => void transports.set(id, transport),
      onsessionclosed: (id: string) => void transports.delete(id),
    });
    const server = make(() => ({ sessionId: transport.sessionId, headers }));
    await server.connect(transport);
    return transport.handleRequest(request);
  };

  const http = createServer((incoming: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", async () => {
      const body = Buffer.concat(chunks);
      const { method = "GET", headers } = incoming;
      lastHeaders = headers;
      requests.push({ method, headers, body: body.toString() });
      const gone = new AbortController();
      response.on("close", () => gone.abort());
      const request = new Request(`http://${headers.host}${incoming.url}`, {
        method,
        headers: headers as Record<string, string>,
        signal: gone.signal,
        ...(method === "POST" && { body }),
      });
      const answer = era === "sessions" ? await withSession(request, headers) : await handler.fetch(request);
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      if (!answer.body) return response.end();
      response.flushHeaders();
      return Readable.fromWeb(answer.body as never)
        .on("error", () => response.destroy())
        .pipe(response);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    requests,
    get tools() {
      return known.tools;
    },
    set tools(now) {
      known.tools = now;
    },
    sessions: () => transports.size,
    async close() {
      await handler.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => http.close(() => resolve()));
    },
  };
}

/** The tools that most tests call. */
export const testTools = (): TestTool[] => [
  {
    name: "add",
    title: "Add",
    description: "Adds two numbers",
    inputSchema: {
      type: "object",
      properties: { a: { type: "number" }, b: { type: "number" } },
      required: ["a", "b"],
      additionalProperties: false,
    },
    outputSchema: { type: "object", properties: { sum: { type: "number" } }, required: ["sum"] },
    annotations: { readOnlyHint: true },
    run: ({ a, b }) => ({
      content: [{ type: "text", text: JSON.stringify({ sum: a + b }) }],
      structuredContent: { sum: a + b },
    }),
  },
  {
    name: "fail",
    description: "Fails",
    inputSchema: { type: "object" },
    run: () => ({ ...textOf("No such city"), isError: true }),
  },
];
