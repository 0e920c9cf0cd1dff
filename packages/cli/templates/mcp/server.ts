import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  McpServer,
} from "@modelcontextprotocol/server";
import { z } from "zod";

const PORT = Number(process.env.PORT ?? 9000);
/** Names that it is reached under: a page of another one, opened on this machine, cannot call it. */
const HOSTS = [
  ...localhostAllowedHostnames(),
  ...(process.env.AGENT_URL ? [new URL(process.env.AGENT_URL).hostname] : []),
];

/** What the server can do. This is the part to change. */
function withTools(server: McpServer): McpServer {
  server.registerTool(
    "echo",
    {
      title: "Echo",
      description: "Repeats a text",
      inputSchema: z.object({ text: z.string().min(1).describe("What is repeated") }),
      outputSchema: z.object({ said: z.string() }),
      annotations: { readOnlyHint: true },
    },
    async ({ text }) => {
      const said = `You said: ${text}`;
      return { content: [{ type: "text", text: said }], structuredContent: { said } };
    },
  );
  return server;
}

/** Revision 2026-07-28, and of those before what needs no session. */
const mcp = createMcpHandler(() => withTools(new McpServer({ name: "__NAME__", version: "0.1.0" })), {
  legacy: "stateless",
});

async function answerMcp(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  // A caller that hangs up stops its tool.
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const { method, headers, url } = incoming;
  const request = new Request(new URL(url ?? "/", `http://${headers.host ?? "127.0.0.1"}`), {
    method: method ?? "GET",
    headers: Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, `${value}`] as [string, string]],
    ),
    signal: gone.signal,
    ...(method === "POST" && { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" }),
  });
  const answer = hostHeaderValidationResponse(request, HOSTS) ?? (await mcp.fetch(request));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) response.end();
  else
    Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0])
      .on("error", () => response.destroy())
      .pipe(response);
}

const server = createServer((request, response) => {
  const reply = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  };
  if (request.method === "GET" && request.url === "/health") return reply(200, { status: "ok" });
  if (request.url !== "/mcp") return reply(404, { detail: "MCP is spoken at /mcp" });
  answerMcp(request, response).catch((error: unknown) => {
    console.error(error);
    if (response.headersSent) response.destroy();
    else reply(500, { detail: "It failed" });
  });
});

server.listen(PORT, "127.0.0.1", () => console.log(`__NAME__ listens on http://127.0.0.1:${PORT}/mcp`));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
