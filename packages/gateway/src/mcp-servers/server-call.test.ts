import { SOON_MS } from "@agentgate/testing";
import { expect, test } from "vitest";
import { kindOf } from "../outbound/testing/open-dialer.ts";
import { type KeyedRequest, MODERN_REVISION, paramHeaders, withoutHeaderMarks } from "./index.ts";
import { openServers, placeOf } from "./testing/open-servers.ts";
import { answer, event, type Script, startScriptedServer } from "./testing/scripted-server.ts";

const asking = (url: string, more: Partial<KeyedRequest> = {}): KeyedRequest => ({
  place: placeOf(url),
  speech: { era: "modern", version: MODERN_REVISION },
  session: { agentId: "a", caller: "c" },
  method: "tools/call",
  params: { name: "look", arguments: { q: "x" } },
  timeoutMs: 5_000,
  responseBytesMax: 100_000,
  ...more,
});

async function asked(script: Script, more: Partial<KeyedRequest> = {}) {
  await using servers = openServers();
  const server = await startScriptedServer(script);
  try {
    const result = await servers.ask(asking(server.url, more)).response.then(
      ({ result }) => result,
      (error: Error) => error,
    );
    return { result, asked: server.asked };
  } finally {
    await server.close();
  }
}

const stream =
  (messages: (id: unknown) => unknown[], ends = true): Script =>
  ({ id }, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const message of messages(id)) response.write(event(message));
    if (ends) response.end();
  };

test("an answer among other messages is found by its id, and no other counts", async () => {
  const progress: unknown[] = [];
  const { result } = await asked(
    stream(
      (id) => [
        { jsonrpc: "2.0", id: "somebody else's", result: { content: ["wrong"] } },
        { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "another", progress: 1 } },
        {
          jsonrpc: "2.0",
          method: "notifications/progress",
          params: { progressToken: id, progress: 1, total: 2, message: "half" },
        },
        { jsonrpc: "2.0", id, result: { content: ["right"] } },
        { jsonrpc: "2.0", id, result: { content: ["too late"] } },
      ],
      false,
    ),
    { onProgress: (one) => void progress.push(one) },
  );
  expect(result).toEqual({ content: ["right"] });
  expect(progress).toEqual([{ progress: 1, total: 2, message: "half" }]);
});

test.each<[what: string, says: RegExp, script: Script]>([
  ["a stream that ends without an answer", /ended without/, stream(() => [])],
  ["an answer to nobody", /not to this request/, ({ id: _ }, response) => answer({ id: "x" } as never, response, {})],
  [
    "an answer that is no object",
    /no result/,
    ({ id }, response) =>
      void response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ jsonrpc: "2.0", id, result: 7 })),
  ],
  ["an oversized answer", /too large|longer/, (one, response) => answer(one, response, { text: "x".repeat(200_000) })],
  ["an oversized event", /too large/, stream((id) => [{ jsonrpc: "2.0", id, result: { text: "x".repeat(200_000) } }])],
  [
    "an answer a thousand levels deep",
    /nested/,
    ({ id }, response) =>
      void response
        .setHeader("content-type", "application/json")
        .end(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${"[".repeat(1_000)}${"]".repeat(1_000)}}`),
  ],
  [
    "a redirect to the machine's metadata",
    /HTTP 302/,
    (_, response) => void response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
  ],
])("%s is a failure, and says so", async (_, says, script) => {
  const { result } = await asked(script);
  expect(result).toBeInstanceOf(Error);
  expect((result as Error).message).toMatch(says);
});

test("a stream that never ends, ends with the call's time", async () => {
  await using servers = openServers();
  const server = await startScriptedServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const timer = setInterval(() => response.write(": still here\n\n"), 20);
    response.on("close", () => clearInterval(timer));
  });
  const { response } = servers.ask(asking(server.url, { timeoutMs: 300 }));
  expect(await kindOf(response)).toBe("timeout");
  await expect.poll(() => server.open()).toBe(0);
  await server.close();
});

test("an abort closes the connection", async () => {
  await using servers = openServers();
  let closed = false;
  const server = await startScriptedServer((_, response) => void response.on("close", () => (closed = true)));
  const call = servers.ask(asking(server.url));
  await expect.poll(() => server.asked.length).toBe(1);
  call.abort();
  expect(await kindOf(call.response)).toBe("aborted");
  await expect.poll(() => closed, { timeout: SOON_MS }).toBe(true);
  await server.close();
});

test("a POST that may have arrived is not sent again", async () => {
  const { asked: sent } = await asked((_, response) => void response.destroy());
  expect(sent).toHaveLength(1);
});

test("what a tool wants in headers is sent there, and callers do not see that it does", async () => {
  const schema = {
    type: "object",
    properties: {
      region: { type: "string", "x-mcp-header": "Region" },
      deep: { type: "object", properties: { count: { type: "integer", "x-mcp-header": "Count" } } },
      enum: { enum: [{ "x-mcp-header": "not a mark" }] },
    },
  };
  const headers = paramHeaders(schema, { region: "Zürich", deep: { count: 3 } });
  expect(headers).toEqual({ "Mcp-Param-Region": "=?base64?WsO8cmljaA==?=", "Mcp-Param-Count": "3" });
  const { asked: sent } = await asked((one, response) => answer(one, response, {}), { headers });
  expect(sent[0]!.headers).toMatchObject({
    "mcp-param-region": "=?base64?WsO8cmljaA==?=",
    "mcp-param-count": "3",
    "mcp-name": "look",
  });
  expect(JSON.stringify(withoutHeaderMarks(schema))).not.toMatch(/"x-mcp-header":"(?:Region|Count)"/);
});
