import { createServer } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";
import { frameFaults } from "./testing/frame-faults.ts";
import { mcpCalls, modernRequest } from "./testing/mcp-calls.ts";

/** The contract's table of bad input, row by row: the first that matches is told, with the status and code that it says. */

let gate: TestGateway;
let agent: TestAgent;
let path: string;
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { corsOrigins: ["https://pages.example"] });
  agent = await startAgent();
  const { id } = await gate.register({ name: "Echo", url: agent.url });
  path = `/agents/${id}/mcp`;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const { call, raw } = mcpCalls(() => gate.url);

/** One that is refused, and whose frame is one all the same. */
async function refused(body: unknown, headers: Record<string, string | undefined> = {}, at = path) {
  const { status, frame, headers: told } = await raw(at, body, headers);
  expect(frame.error, JSON.stringify(frame)).toBeDefined();
  return { status, code: frame.error.code, id: frame.id, data: frame.error.data, headers: told, frame };
}
const modern = (method = "tools/list", params: object = {}, options = {}) => modernRequest(method, params, options);
const list = modern();

describe("row 1: where a page comes from", () => {
  test.each([
    ["https://evil.example", undefined],
    ["null", undefined],
    [undefined, "rebound.example"],
    ["http://rebound.example:8000", "rebound.example:8000"],
  ])("origin %s, host %s", async (origin, host) => {
    const { status, code } = await refusedFrom({ ...(origin && { origin }), ...(host && { host }) });
    expect([status, code]).toEqual([403, 403]);
  });
  test("one that is allowed", async () => {
    const { status } = await raw(path, list.body, { ...list.headers, origin: "https://pages.example" });
    expect(status).toBe(200);
    expect((await raw(path, list.body, { ...list.headers, origin: gate.url })).status).toBe(200);
  });
  test("before the media type, the body and the key", async () => {
    const { status } = await refused("{", { "content-type": "text/plain", origin: "https://evil.example" });
    expect(status).toBe(403);
  });

  /** fetch sets Host by itself. */
  async function refusedFrom(headers: Record<string, string>) {
    const { request } = await import("node:http");
    return new Promise<{ status: number; code: number }>((resolve, reject) => {
      const sent = request(
        gate.url + path,
        { method: "POST", headers: { "content-type": "application/json", ...list.headers, ...headers } },
        (response) => {
          let text = "";
          response.on("data", (chunk) => {
            text += chunk;
          });
          response.on("end", () => resolve({ status: response.statusCode!, code: JSON.parse(text).error.code }));
        },
      );
      sent.on("error", reject);
      sent.end(JSON.stringify(list.body));
    });
  }
});

test.each([
  ["GET", "POST"],
  ["DELETE", "POST"],
  // Some agents are servers that keep sessions.
  ["PUT", "DELETE, GET, POST"],
  ["PATCH", "DELETE, GET, POST"],
])("row 2: %s", async (method, allow) => {
  const response = await fetch(gate.url + path, { method });
  expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
  const frame = (await response.json()) as any;
  expect(frame.error.code).toBe(-32600);
});

test("row 3: a client that asks too often for what there is not", async () => {
  const strict = await startTestGateway("sqlite", { missRate: 0.001, missBurst: 2 });
  const { raw: rawThere } = mcpCalls(() => strict.url);
  const absent = "/agents/11111111-1111-4111-8111-111111111111/mcp";
  const told = [];
  for (let n = 0; n < 4; n++) told.push(await rawThere(absent, list.body, list.headers));
  const last = told.at(-1)!;
  expect([last.status, last.frame.error.code]).toEqual([429, 429]);
  expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
  await strict.close();
});

test.each([
  ["text/plain", JSON.stringify(list.body), 415],
  ["application/x-www-form-urlencoded", "a=b", 415],
  [undefined, new Uint8Array([123, 125]), 415],
  ["application/json", `"${"a".repeat(4 * 2 ** 20)}"`, 413],
])("row 4: media type %s", async (type, body, expected) => {
  const { status, code } = await refused(body, { ...list.headers, "content-type": type });
  expect([status, code]).toEqual([expected, -32600]);
});

test.each([
  ["{"],
  [""],
  ['{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}'],
  ['{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'],
  ['{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"params":{}}'],
  ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}'],
  ["[".repeat(200)],
])("row 5: %s", async (body) => {
  const { status, code } = await refused(body);
  expect([status, code]).toEqual([400, -32700]);
});

test("row 5: bytes that are no UTF-8", async () => {
  const body = Buffer.concat([
    Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}'),
  ]);
  const { status, code } = await refused(new Uint8Array(body));
  expect([status, code]).toEqual([400, -32700]);
});

test.each([
  [[{ jsonrpc: "2.0", id: 1, method: "ping" }]],
  [[list.body]],
  [[]],
  [{ jsonrpc: "2.0", id: null, method: "ping" }],
  [{ jsonrpc: "2.0", id: 1.5, method: "ping" }],
  [{ jsonrpc: "2.0", id: {}, method: "ping" }],
  [{ jsonrpc: "1.0", id: 1, method: "ping" }],
  [{ jsonrpc: "2.0", id: 1 }],
  [{ jsonrpc: "2.0", id: 1, method: 5 }],
  [{ jsonrpc: "2.0", id: 1, method: "ping", params: [] }],
  ["a text"],
  [null],
])("row 6: %j", async (body) => {
  const { status, code } = await refused(JSON.stringify(body));
  expect([status, code]).toEqual([400, -32600]);
});

test.each([
  [{ jsonrpc: "2.0", id: 1, method: "tools/list" }, { "mcp-protocol-version": "2026-07-28" }],
  [envelope({ "io.modelcontextprotocol/clientCapabilities": undefined }), list.headers],
  [envelope({ "io.modelcontextprotocol/clientCapabilities": [] }), list.headers],
  [envelope({ "io.modelcontextprotocol/protocolVersion": 5 }), list.headers],
  [envelope({ "io.modelcontextprotocol/clientInfo": { name: "x" } }), list.headers],
])("row 7: %j", async (body, headers) => {
  const { status, code, id } = await refused(body, headers);
  expect([status, code, id]).toEqual([400, -32602, 1]);
});

function envelope(meta: object) {
  return modern("tools/list", {}, { meta }).body;
}

test.each([
  ["mcp-protocol-version", undefined],
  ["mcp-protocol-version", "2025-11-25"],
  ["mcp-method", undefined],
  ["mcp-method", "tools/call"],
  ["mcp-method", "=?base64?!!!?="],
  ["mcp-method", "=?base64?/w==?="],
])("row 8: %s is %s", async (name, value) => {
  const { status, code } = await refused(list.body, { ...list.headers, [name]: value });
  expect([status, code]).toEqual([400, -32020]);
});

test.each([undefined, "other", "=?base64?b3RoZXI=?="])("row 8: the tool's name in the header is %s", async (value) => {
  const { body, headers } = modern("tools/call", { name: "ask", arguments: { message: "x" } });
  const { status, code } = await refused(body, { ...headers, "mcp-name": value });
  expect([status, code]).toEqual([400, -32020]);
});

test("row 8: a header that stands twice", async () => {
  const sent = new Headers(list.headers);
  sent.append("mcp-method", "tools/list");
  const { status, code } = await refused(list.body, Object.fromEntries(sent));
  expect([status, code]).toEqual([400, -32020]);
});

test("a name that is no ASCII is coded, and read so", async () => {
  const named = { name: "ask", arguments: { message: "x" } };
  const { body, headers } = modern("tools/call", named);
  const coded = { ...headers, "mcp-name": `=?base64?${Buffer.from("ask").toString("base64")}?=` };
  expect((await raw(path, body, coded)).status).toBe(200);
});

test("row 9: a version that is not spoken", async () => {
  const { body } = modern("tools/list", {}, { meta: { "io.modelcontextprotocol/protocolVersion": "2099-01-01" } });
  const headers = { ...list.headers, "mcp-protocol-version": "2099-01-01" };
  const { status, code, data, frame } = await refused(body, headers);
  expect([status, code]).toEqual([400, -32022]);
  expect(data).toMatchObject({ requested: "2099-01-01", supported: expect.arrayContaining(["2026-07-28"]) });
  expect(frameFaults("2026-07-28", "tools/list", frame)).toBe("");
  const bare = await refused({ jsonrpc: "2.0", id: 1, method: "ping" }, { "mcp-protocol-version": "2099-01-01" });
  expect([bare.status, bare.code]).toEqual([400, -32022]);
});

test("row 10: a key that is nobody's", async () => {
  const { status, code, headers, id } = await refused(list.body, {
    ...list.headers,
    authorization: "Bearer nobody-has-it",
  });
  expect([status, code, id]).toEqual([401, 401, 1]);
  expect(headers.get("www-authenticate")).toBe("Bearer");
});

test("row 11: a key that was not made for this", async () => {
  const { id, key } = await gate.createOrg(`scoped-${Math.random()}`);
  const made = await gate.call("POST", `/orgs/${id}/keys`, { name: "reader", scopes: ["logs:read"] }, key);
  const headers = { ...list.headers, authorization: `Bearer ${made.body.key ?? made.body.api_key}` };
  const told = await refused(list.body, headers);
  expect([told.status, told.code]).toEqual([403, 403]);
  expect(told.headers.get("www-authenticate")).toContain("insufficient_scope");
});

test("row 12: an agent that there is not", async () => {
  for (const id of ["11111111-1111-4111-8111-111111111111", "no-such-slug", "..%2f"]) {
    const { status, code } = await refused(list.body, list.headers, `/agents/${id}/mcp`);
    expect([status, code]).toEqual([404, 404]);
  }
});

test.each(["ping", "initialize", "resources/list", "tasks/list", "tasks/result", "logging/setLevel"])(
  "row 13: %s",
  async (method) => {
    const { body, headers } = modern(method);
    const { status, code } = await refused(body, headers);
    expect([status, code]).toEqual([404, -32601]);
  },
);

test("row 13: a legacy client is told with 200", async () => {
  for (const method of ["resources/list", "server/discover", "tasks/get"]) {
    const { status, code } = await refused({ jsonrpc: "2.0", id: 1, method });
    expect([status, code]).toEqual([200, -32601]);
  }
});

test.each([
  ["tools/list", { cursor: "abc" }],
  ["tools/list", { cursor: 5 }],
  ["tools/call", { name: "none" }],
  ["tools/call", {}],
  ["tools/call", { name: "ask", arguments: [] }],
  ["tools/call", { name: "ask", arguments: "x" }],
  ["tools/call", { name: "ask", arguments: { message: "x" }, inputResponses: [] }],
  ["tools/call", { name: "ask", arguments: { message: "x" }, inputResponses: { a: { action: "maybe" } } }],
  ["tools/call", { name: "ask", arguments: { message: "x" }, inputResponses: { a: { action: "accept" } } }],
  ["tasks/get", { taskId: "none" }],
  ["tasks/cancel", {}],
])("row 14: %s %j", async (method, params) => {
  const capabilities = { extensions: { "io.modelcontextprotocol/tasks": {} } };
  const { body, headers } = modern(method, params, { capabilities });
  const { status, code } = await refused(body, headers);
  expect([status, code]).toEqual([200, -32602]);
});

test.each(["tasks/get", "tasks/update", "tasks/cancel"])("row 15: %s of a client that takes none", async (method) => {
  const { body, headers } = modern(method, { taskId: "none" });
  const { status, code, data } = await refused(body, headers);
  expect([status, code]).toEqual([400, -32021]);
  expect(data.requiredCapabilities).toEqual({ extensions: { "io.modelcontextprotocol/tasks": {} } });
});

test("row 16: a state that is forged", async () => {
  const params = {
    name: "ask",
    arguments: { message: "x" },
    requestState: "v1.AAAA",
    inputResponses: { "turn-1": { action: "accept", content: { answer: "y" } } },
  };
  const { body, headers } = modern("tools/call", params);
  const { status, code, data } = await refused(body, headers);
  expect([status, code, data.code]).toEqual([200, -32602, "invalid_request_state"]);
});

test("row 18: agents that call each other in a loop", async () => {
  const loop = createServer((_, response) => response.end("{}"));
  loop.close();
  const { id } = await gate.register({ name: "Loop", url: agent.url });
  const hops = Array.from({ length: 8 }, () => `${id}:11111111-1111-4111-8111-111111111111`).join(",");
  const asked = { name: "ask", arguments: { message: "x" } };
  const { status, frame } = await call(`/agents/${id}/mcp`, "tools/call", asked, {
    headers: { "x-agentgate-chain": hops },
  });
  expect(status).toBe(200);
  expect(frame.result._meta["dev.agentgate/problem"]).toMatchObject({ status: 508, code: "chain_loop" });
});

test("ids come back byte for byte", async () => {
  for (const id of ['"a\\u0062c"', "12345678901234567890", "-7", '""']) {
    const { text } = await raw(path, `{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
    expect(text).toContain(`"id":${id},`);
  }
});

test("a legacy client that sent no readable id is told null, a modern one nothing", async () => {
  expect((await refused("{")).id).toBe(null);
  const told = await refused("{", list.headers);
  expect("id" in told.frame).toBe(false);
});

test("whatever is sent, the answer is a frame, and no fault of the gateway's", async () => {
  const json = fc.json({ maxDepth: 4 });
  const members = fc.record(
    {
      jsonrpc: fc.constantFrom("2.0", "1.0", 2),
      id: fc.oneof(fc.string(), fc.integer(), fc.double(), fc.constant(null), fc.object({ maxDepth: 1 })),
      method: fc.oneof(fc.constantFrom("tools/list", "tools/call", "tasks/get", "ping", "initialize"), fc.string()),
      params: fc.oneof(
        fc.object({ maxDepth: 3 }),
        fc.record({
          name: fc.oneof(fc.constant("ask"), fc.string(), fc.constant("__proto__")),
          arguments: fc.oneof(fc.object({ maxDepth: 2 }), fc.constant({ message: "x" }), fc.array(fc.string())),
          cursor: fc.oneof(fc.string(), fc.integer(), fc.constant(undefined)),
          requestState: fc.oneof(fc.string(), fc.constant(undefined)),
          inputResponses: fc.oneof(fc.object({ maxDepth: 2 }), fc.constant(undefined)),
          _meta: fc.oneof(
            fc.object({ maxDepth: 2 }),
            fc.constant((modern("tools/list").body.params as any)._meta),
            fc.constant(undefined),
          ),
        }),
        fc.array(fc.string()),
      ),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        json,
        members.map((value) => JSON.stringify(value)),
      ),
      fc.record(
        {
          "mcp-protocol-version": fc.constantFrom("2026-07-28", "2025-11-25", "x"),
          "mcp-method": fc.constantFrom("tools/list", "tools/call", "x"),
          "mcp-name": fc.constantFrom("ask", "x", "=?base64?YXNr?="),
        },
        { requiredKeys: [] },
      ),
      async (body, headers) => {
        const { status, text } = await raw(path, body, headers);
        expect([200, 202, 400, 404]).toContain(status);
        if (status === 202) expect(text).toBe("");
        else {
          const frame = JSON.parse(text);
          expect(frame.jsonrpc).toBe("2.0");
          expect("result" in frame !== "error" in frame).toBe(true);
          expect(frame.error?.code).not.toBe(-32603);
        }
      },
    ),
    { numRuns: 300 },
  );
});
