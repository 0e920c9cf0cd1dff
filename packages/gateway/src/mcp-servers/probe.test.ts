import { expect, test } from "vitest";
import { ProbeError } from "./index.ts";
import { openServers, placeOf } from "./testing/open-servers.ts";
import { answer, discovered, refuse, type Script, startScriptedServer } from "./testing/scripted-server.ts";
import { startSdkServer, type TestEra, testTools } from "./testing/sdk-server.ts";

const probed = async (script: Script) => {
  await using servers = openServers();
  const server = await startScriptedServer(script);
  try {
    return { verdict: await servers.probe(placeOf(server.url)), asked: server.asked };
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    return { failure: error.failure, message: error.message, asked: server.asked };
  } finally {
    await server.close();
  }
};

test.each<[TestEra, { era: string; version: string }]>([
  ["modern", { era: "modern", version: "2026-07-28" }],
  ["both", { era: "modern", version: "2026-07-28" }],
  ["sessions", { era: "legacy", version: "2025-11-25" }],
])("a server of the official SDK, %s, is spoken to in its own revision", async (era, speech) => {
  await using servers = openServers();
  const server = await startSdkServer(testTools(), era);
  try {
    const verdict = await servers.probe(placeOf(server.url));
    expect(verdict.speech).toEqual(speech);
    expect(verdict.info).toEqual({ name: "test-server", title: undefined, version: "1.2.3" });
    const { tools, skipped } = await servers.tools(placeOf(server.url), verdict.speech, undefined);
    expect(tools.map(({ name }) => name)).toEqual(["add", "fail"]);
    expect(skipped).toEqual([]);
    // What was begun to look is ended.
    await expect.poll(() => server.sessions()).toBe(0);
  } finally {
    await server.close();
  }
});

test("what is asked of a modern server says itself what it is, in body and headers", async () => {
  const { asked } = await probed((one, response) => answer(one, response, discovered()));
  expect(asked).toHaveLength(1);
  expect(asked[0]!.params._meta).toEqual({
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": { name: "agentgate", version: "0" },
  });
  expect(asked[0]!.headers).toMatchObject({
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "server/discover",
    accept: "application/json, text/event-stream",
  });
});

const initialized: Script = (one, response) => {
  if (one.method === "initialize") {
    return answer(one, response, {
      protocolVersion: "2025-06-18",
      capabilities: {},
      serverInfo: { name: "old", version: "1" },
    });
  }
  return response.writeHead(one.id === undefined ? 202 : 400).end();
};

test.each<[what: string, status: number, error: { code: number; message: string } | undefined]>([
  ["a page that says 404", 404, undefined],
  ["a bad request", 400, undefined],
  ["a method that is not known", 200, { code: -32601, message: "Method not found" }],
  ["a server that wants to be initialized", 400, { code: -32000, message: "Bad Request: Server not initialized" }],
  [
    "a server that names older revisions",
    400,
    { code: -32022, message: "Unsupported", data: { supported: ["2025-11-25"] } } as never,
  ],
])("%s is a server of the legacy era, if it can be initialized", async (_, status, error) => {
  const { verdict, asked } = await probed((one, response, request) => {
    if (one.method !== "server/discover") return initialized(one, response, request);
    return error ? refuse(one, response, status, error) : void response.writeHead(status).end("<h1>no</h1>");
  });
  expect(verdict?.speech).toEqual({ era: "legacy", version: "2025-06-18" });
  expect(asked.map(({ method }) => method)).toEqual(["server/discover", "initialize", "notifications/initialized"]);
});

test.each<[what: string, failure: string, says: RegExp, script: Script]>([
  ["401", "credentials_required", /credential/, (_, response) => void response.writeHead(401).end()],
  ["403", "credentials_required", /403/, (_, response) => void response.writeHead(403).end()],
  ["500", "unreachable", /500/, (_, response) => void response.writeHead(500).end("secret")],
  [
    "503 in JSON-RPC",
    "unreachable",
    /503/,
    (one, response) => refuse(one, response, 503, { code: -32603, message: "x" }),
  ],
  ["a closed connection", "unreachable", /reached/, (_, response) => void response.destroy()],
  [
    "a redirect",
    "not_mcp",
    /HTTP 307/,
    (_, response) => void response.writeHead(307, { location: "http://169.254.169.254/" }).end(),
  ],
  ["a page", "not_mcp", /not JSON-RPC/, (_, response) => void response.end("<html>hello</html>")],
  [
    "another's id",
    "not_mcp",
    /not to this request/,
    (_, response) =>
      void response.setHeader("content-type", "application/json").end('{"jsonrpc":"2.0","id":1,"result":{}}'),
  ],
  [
    "a revision of tomorrow",
    "transport_unsupported",
    /2031-01-01/,
    (one, response) => answer(one, response, discovered({ supportedVersions: ["2031-01-01"] })),
  ],
  [
    "a server before Streamable HTTP",
    "transport_unsupported",
    /supergateway or mcp-proxy/,
    (one, response) => {
      if (one.method !== "GET") return void response.writeHead(405).end();
      response.writeHead(200, { "content-type": "text/event-stream" });
      return void response.write("event: endpoint\ndata: /messages?id=1\n\n");
    },
  ],
])("of a server that answers with %s it is told: %s", async (_, failure, says, script) => {
  const told = await probed(script);
  expect(told.failure).toBe(failure);
  expect(told.message).toMatch(says);
  expect(told.message).not.toMatch(/secret|169\.254/);
});
