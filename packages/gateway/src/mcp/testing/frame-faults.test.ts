import Fastify from "fastify";
import { describe, expect, test } from "vitest";
import { frameFaults } from "./frame-faults.ts";
import { recordFrames } from "./frame-recorder.ts";

const serverInfo = { name: "gateway", version: "1" };
const modern = (result: object) => ({
  jsonrpc: "2.0",
  id: 1,
  result: { resultType: "complete", _meta: { "io.modelcontextprotocol/serverInfo": serverInfo }, ...result },
});
const tool = { name: "look", inputSchema: { type: "object" } };
const task = { taskId: "t", createdAt: "2026-01-01T00:00:00Z", lastUpdatedAt: "2026-01-01T00:00:00Z", ttlMs: 1 };
const progress = { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "p", progress: 1 } };

describe("a frame that fits its schema has no fault, and each of these has one", () => {
  const listed = modern({ tools: [tool], ttlMs: 1, cacheScope: "public" });
  const called = modern({ content: [{ type: "text", text: "x" }] });
  const refused = { jsonrpc: "2.0", id: 1, error: { code: -32602, message: "no" } };
  test.each<[revision: string, method: string, good: any, bad: any[]]>([
    [
      "2026-07-28",
      "tools/list",
      listed,
      [
        modern({ tools: [tool], cacheScope: "public" }),
        modern({ tools: [{ name: "look" }], ttlMs: 1, cacheScope: "public" }),
        modern({ tools: [tool], ttlMs: 1, cacheScope: "everybody" }),
        { ...listed, result: { ...listed.result, resultType: undefined } },
        { ...listed, result: { ...listed.result, _meta: {} } },
        { ...listed, jsonrpc: "1.0" },
      ],
    ],
    [
      "2026-07-28",
      "tools/call",
      called,
      [
        modern({}),
        modern({ content: [{ type: "words", text: "x" }] }),
        modern({ content: [{ type: "image", data: "x" }] }),
        modern({ resultType: "input_required", inputRequests: { a: { method: "elicitation/create" } } }),
        modern({ resultType: "task", ...task }),
      ],
    ],
    [
      "2026-07-28",
      "tasks/get",
      modern({ ...task, status: "working" }),
      [modern({ ...task, status: "busy" }), modern({ ...task, status: "completed" }), modern({ status: "working" })],
    ],
    [
      "2026-07-28",
      "tools/call",
      progress,
      [
        { ...progress, params: { progress: 1 } },
        { ...progress, method: "x/y" },
      ],
    ],
    [
      "2026-07-28",
      "tools/call",
      refused,
      [
        { ...refused, error: { message: "no" } },
        { ...refused, id: null },
      ],
    ],
    [
      "2025-11-25",
      "initialize",
      { jsonrpc: "2.0", id: 1, result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo } },
      [{ jsonrpc: "2.0", id: 1, result: { capabilities: {}, serverInfo } }],
    ],
    [
      "2025-06-18",
      "tools/list",
      { jsonrpc: "2.0", id: 1, result: { tools: [tool] } },
      [
        { jsonrpc: "2.0", id: 1, result: { tools: [tool], ttlMs: 1 } },
        { jsonrpc: "2.0", id: 1, result: { tools: [tool], resultType: "complete" } },
        { jsonrpc: "2.0", id: 1, result: { tools: {} } },
      ],
    ],
  ])("%s %s", (revision, method, good, bad) => {
    expect(frameFaults(revision, method, good)).toBe("");
    for (const frame of bad) expect(frameFaults(revision, method, frame), JSON.stringify(frame)).not.toBe("");
  });
});

test("a gateway in a test notes what it sends amiss, in a body or a stream, and nothing that fits", async () => {
  const app = Fastify();
  const faults = recordFrames(app);
  app.post("/mcp", async (request, reply) => {
    const { isBad, isStream } = request.query as Record<string, string>;
    const frame = JSON.stringify(modern(isBad ? {} : { content: [] }));
    if (!isStream) return reply.type("application/json").send(frame);
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream" });
    reply.raw.write(`data: ${JSON.stringify(progress)}\n\n`);
    reply.raw.end(`data: ${frame}\n\n`);
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const call = async (query: string) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: {} });
    const headers = { "content-type": "application/json", "mcp-protocol-version": "2026-07-28" };
    await (await fetch(`${url}/mcp?${query}`, { method: "POST", headers, body })).text();
  };
  await call("");
  await call("isStream=1");
  expect(faults()).toEqual([]);
  await call("isBad=1");
  await call("isBad=1&isStream=1");
  await expect.poll(() => faults().length).toBe(2);
  expect(faults()[0]).toMatch(/^2026-07-28 tools\/call: .*content/);
  await app.close();
});
