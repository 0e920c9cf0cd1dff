import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../../testing/index.ts";

/** A server on the official SDK of before 2026-07-28 that keeps sessions, each with a count of its own. */

let gate: TestGateway;
let url: string;
const sessions = new Map<string, StreamableHTTPServerTransport>();
const http = createServer(async (request, response) => {
  const named = request.headers["mcp-session-id"] as string | undefined;
  const known = named === undefined ? undefined : sessions.get(named);
  if (named !== undefined && !known) return response.writeHead(404).end();
  const transport = known ?? (await counting());
  await transport.handleRequest(request, response);
  return undefined;
});

async function counting(): Promise<StreamableHTTPServerTransport> {
  let count = 0;
  const server = new McpServer({ name: "counter", version: "1" });
  server.registerTool("count", { description: "Counts" }, () => ({ content: [{ type: "text", text: `${++count}` }] }));
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await server.connect(transport as never);
  return transport;
}

beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  gate = await startTestGateway();
});
afterAll(async () => {
  await gate.close();
  http.closeAllConnections();
  http.close();
});

test("two callers count for themselves, unless the owner says that they share a session", async () => {
  const [ann, bob] = [await gate.createOrg("ann"), await gate.createOrg("bob")];
  const counted = async (id: string, key: string) => {
    const task = { message: { parts: [{ type: "data", data: { tool: "count" } }] } };
    const { body } = await gate.call("POST", `/agents/${id}/task`, task, key);
    return body.artifacts[0].parts[0].text as string;
  };
  const own = (await gate.register({ protocol: "mcp", url })).id;
  expect([await counted(own, ann.key), await counted(own, bob.key), await counted(own, ann.key)]).toEqual([
    "1",
    "1",
    "2",
  ]);
  const shared = (await gate.register({ protocol: "mcp", url, session: "shared" })).id;
  expect([await counted(shared, ann.key), await counted(shared, bob.key)]).toEqual(["1", "2"]);
  // A session that the server has forgotten is begun anew, once.
  sessions.clear();
  expect(await counted(own, ann.key)).toBe("1");
});
