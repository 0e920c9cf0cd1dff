import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A message that a scripted server was sent. */
export interface AskedOfServer {
  id: unknown;
  method: string;
  params: any;
  headers: IncomingMessage["headers"];
}

export interface ScriptedServer {
  url: string;
  asked: AskedOfServer[];
  /** The same as they came. */
  bodies: string[];
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

export type Script = (asked: AskedOfServer, response: ServerResponse, request: IncomingMessage) => unknown;

/** An MCP server that says whatever its script says: none that any SDK would build. */
export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const asked: AskedOfServer[] = [];
  const bodies: string[] = [];
  let open = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const message = text === "" ? {} : JSON.parse(text);
      const one = {
        id: message.id,
        method: message.method ?? request.method,
        params: message.params,
        headers: request.headers,
      };
      asked.push(one);
      bodies.push(text);
      script(one, response, request);
    });
  });
  server.on("connection", (socket) => {
    open++;
    socket.on("close", () => open--);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    asked,
    bodies,
    open: () => open,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A result of the stateless revision. */
export function answer({ id }: AskedOfServer, response: ServerResponse, result: Record<string, unknown>): void {
  response.setHeader("content-type", "application/json");
  const _meta = { "io.modelcontextprotocol/serverInfo": { name: "scripted", version: "1" } };
  response.end(JSON.stringify({ jsonrpc: "2.0", id, result: { resultType: "complete", _meta, ...result } }));
}

/** An error of JSON-RPC. */
export function refuse(
  { id }: AskedOfServer,
  response: ServerResponse,
  status: number,
  error: { code: number; message: string; data?: unknown },
): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id, error }));
}

export const event = (message: unknown): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

export const discovered = (more: Record<string, unknown> = {}) => ({
  supportedVersions: ["2026-07-28"],
  capabilities: { tools: {} },
  ttlMs: 60_000,
  cacheScope: "public",
  _meta: { "io.modelcontextprotocol/serverInfo": { name: "scripted", version: "1" } },
  ...more,
});

/** Answers what every server is asked first: what it is, and these tools; the rest is the script's. */
export const serving =
  (tools: () => readonly Record<string, unknown>[], rest: Script = () => {}): Script =>
  (asked, response, request) => {
    if (asked.method === "server/discover") return answer(asked, response, discovered());
    if (asked.method === "tools/list")
      return answer(asked, response, { tools: tools(), ttlMs: 60_000, cacheScope: "public" });
    // The gateway's checks, and whoever opens a stream of notifications.
    if (asked.method === "GET") return response.writeHead(405).end();
    return rest(asked, response, request);
  };

export const aTool = (more: Record<string, unknown> = {}) => ({
  name: "look",
  description: "Looks",
  inputSchema: { type: "object", properties: { q: { type: "string" } } },
  ...more,
});
