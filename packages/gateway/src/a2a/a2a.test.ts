import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { freePort } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

let gate: TestGateway;
let example: ExampleAgent;
let raw: RawAgent;
let plain: TestAgent;
let id: string;
let rawId: string;
let plainId: string;
beforeAll(async () => {
  gate = await startTestGateway();
  example = await serveExampleAgent();
  raw = await startRawAgent(({ body }, response) => {
    if (!body) return void response.writeHead(404).end();
    response.setHeader("content-type", "application/json");
    response.setHeader("a2a-extensions", "https://ext.example/one");
    response.end(rpcResult(body.id, '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[{"text":"raw"}]}}'));
  });
  plain = await startAgent();
  id = (await gate.register({ card_url: `${example.url}/.well-known/agent-card.json` })).id;
  rawId = (await gate.register({ url: raw.url })).id;
  plainId = (await gate.register({ name: "plain", url: plain.url })).id;
});
afterAll(async () => {
  await gate.close();
  await Promise.all([example.close(), raw.close(), plain.close()]);
});

const message = (text = "hi") => ({ message: { messageId: "m", role: "ROLE_USER", parts: [{ text }] } });
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${gate.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
const rpc = async (
  agentId: string,
  method: string,
  params: unknown,
  headers: Record<string, string> = {},
  query = "",
) => (await post(`/agents/${agentId}${query}`, { jsonrpc: "2.0", id: 1, method, params }, headers)).json() as any;
const get = (path: string, headers: Record<string, string> = {}) => fetch(gate.url + path, { headers });

describe("registration by card", () => {
  test("takes name, description, skills and version from the card", async () => {
    const agent = (await gate.call("GET", `/agents/${id}`)).body;
    expect(agent).toMatchObject({ name: "A2A example agent", version: "1.0.0", protocol: "a2a", url: example.url });
    expect(agent.skills).toMatchObject([{ id: "show" }]);
  });

  test("what is said wins over the card", async () => {
    const card_url = `${example.url}/.well-known/agent-card.json`;
    const agent = await gate.register({ card_url, name: "mine", description: "own words", version: "7" });
    expect(agent).toMatchObject({ name: "mine", description: "own words", version: "7" });
  });

  test("a card that is not published is handed over, and changed the same way", async () => {
    const card = cardOf(`${raw.url}/rpc`, { version: "1.0.0" });
    const agent = await gate.register({ card });
    expect(agent).toMatchObject({ name: card.name, url: `${raw.url}/rpc`, version: "1.0.0", protocol: "a2a" });
    expect((await rpc(agent.id, "SendMessage", message())).result.message.parts).toEqual([{ text: "raw" }]);
    expect(raw.received.at(-1)!.path).toBe("/rpc");
    expect(await (await get(`/agents/${agent.id}/upstream-card.json`)).json()).toEqual(card);
    const moved = cardOf(`${raw.url}/moved`, { version: "2.0.0" });
    const put = await gate.call("PUT", `/agents/${agent.id}`, { card: moved, description: "own words" });
    expect(put.body).toMatchObject({ url: `${raw.url}/moved`, version: "2.0.0", description: "own words" });
    await rpc(agent.id, "SendMessage", message());
    expect(raw.received.at(-1)!.path).toBe("/moved");
    expect((await gate.call("POST", `/agents/${agent.id}/refresh`)).body.code).toBe("card_not_found");
  });

  test("a relative address in a card counts from where the card is", async () => {
    const card = { ...cardOf("/rpc"), name: "relative" };
    expect((await gate.call("POST", "/agents/", { card })).body.detail).toContain("names no interface");
    const agent = await gate.register({ card, card_url: `${raw.url}/deep/card.json` });
    expect(agent.url).toBe(`${raw.url}/rpc`);
  });

  test.each([
    ["not an object", [1], 422],
    ["nobody's", { skills: [] }, 400],
    ["with an unsafe address", cardOf("http://user:secret@127.0.0.1/"), 400],
  ])("a card that is %s is refused", async (_, card, status) => {
    expect((await gate.call("POST", "/agents/", { card })).status).toBe(status);
    expect((await gate.call("PUT", `/agents/${rawId}`, { card })).status).toBe(status);
  });

  test("an A2A agent registered like a plain one is recognised", async () => {
    const agent = await gate.register({ name: "by name", url: example.url });
    const answer = (await gate.call("POST", `/agents/${agent.id}/task`, textTask("hello you"))).body;
    expect(answer.artifacts[0].parts[0].text).toBe("Hello!");
    expect((await gate.call("GET", `/agents/${agent.id}`)).body).toMatchObject({ name: "by name", protocol: "a2a" });
  });

  test("A2A clients need not wait until it is recognised", async () => {
    const slow = await startRawAgent(
      ({ body }, response) =>
        void response.end(rpcResult(body?.id, '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[]}}')),
    );
    const { id: fresh } = await gate.register({ name: "fresh", url: slow.url });
    expect((await rpc(fresh, "SendMessage", message())).result.message.messageId).toBe("r");
    await slow.close();
  });

  test("an agent that moves takes its tasks along: to its new card, or to the plain contract", async () => {
    const { id: moving } = await gate.register({ url: raw.url });
    const before = raw.received.length;
    const text = async () => (await gate.call("POST", `/agents/${moving}/task`, textTask("hi"))).body;
    await gate.call("PUT", `/agents/${moving}`, { url: plain.url });
    expect((await text()).artifacts[0].parts[0].text).toBe("Echo: hi");
    expect((await rpc(moving, "SendMessage", message())).result.message.parts).toEqual([{ text: "Echo: hi" }]);
    expect((await gate.call("GET", `/agents/${moving}`)).body).toMatchObject({ protocol: "plain", url: plain.url });
    expect((await get(`/agents/${moving}/upstream-card.json`)).status).toBe(404);
    expect(raw.received.length).toBe(before);
    await gate.call("PUT", `/agents/${moving}`, { url: `${raw.url}/` });
    expect((await text()).artifacts[0].parts[0].text).toBe("raw");
    // A path below the card's interface is still that agent.
    await gate.call("PUT", `/agents/${moving}`, { url: raw.url, description: "the same" });
    expect((await gate.call("GET", `/agents/${moving}`)).body.protocol).toBe("a2a");
  });

  test("an agent below a path has the card at the origin if that leads to it", async () => {
    const found = await gate.register({ url: `${example.url}/rest/` });
    expect(found).toMatchObject({ name: "A2A example agent", protocol: "a2a" });
  });

  test("an agent below a path is not taken over by the card of another at the origin, or above", async () => {
    const cards: Record<string, object> = {};
    const server = createServer(({ url }, response) => {
      const card = cards[url!];
      response.writeHead(card ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(card ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const at = (path: string) => cardOf(host + path, { name: path });
    cards["/.well-known/agent-card.json"] = at("/");
    cards["/team/.well-known/agent-card.json"] = at("/team/xyz");
    for (const path of ["/team/x", "/other"]) {
      expect((await gate.call("POST", "/agents/", { url: host + path })).status).toBe(422);
    }
    // A card below the agent's own path is its own, wherever its interfaces are.
    cards["/other/.well-known/agent-card.json"] = at("/elsewhere");
    expect(await gate.register({ url: `${host}/other` })).toMatchObject({ name: "/elsewhere" });
    cards["/.well-known/agent.json"] = at("/team/x/rpc/v1");
    expect(await gate.register({ url: `${host}/team/x` })).toMatchObject({ name: "/team/x/rpc/v1" });
    server.close();
    server.closeAllConnections();
  });

  test("without a name and a card that has one, 422 says what is missing", async () => {
    const missing = async (fields: object) => {
      const { status, body } = await gate.call("POST", "/agents/", fields);
      return [status, ...body.detail.map(({ loc }: any) => loc.join("."))];
    };
    expect(await missing({})).toEqual([422, "body.name", "body.url"]);
    expect(await missing({ url: `http://127.0.0.1:${await freePort()}/` })).toEqual([422, "body.name"]);
    expect(await missing({ url: plain.url })).toEqual([422, "body.name"]);
  });

  test("a card that is none is refused with its reason", async () => {
    const { status, body } = await gate.call("POST", "/agents/", { card_url: `${example.url}/health` });
    expect([status, body.detail]).toEqual([400, expect.stringContaining("no name")]);
  });

  test("refresh shows what changed and applies it", async () => {
    let version = "1.0.0";
    const changing = await startRawAgent(
      () => {},
      (url) => cardOf(url, { version }),
    );
    const agent = await gate.register({ card_url: `${changing.url}/.well-known/agent-card.json`, description: "kept" });
    version = "2.0.0";
    const look = (await gate.call("POST", `/agents/${agent.id}/refresh?dry_run=true`)).body;
    expect([look.differences, look.agent.version]).toEqual([
      [{ path: "/version", before: "1.0.0", after: "2.0.0" }],
      "1.0.0",
    ]);
    const done = (await gate.call("POST", `/agents/${agent.id}/refresh`)).body;
    expect(done.agent).toMatchObject({ version: "2.0.0", description: "kept" });
    expect((await gate.call("POST", `/agents/${agent.id}/refresh`)).body.changed).toBe(false);
    await changing.close();
  });
});

describe("cards", () => {
  const WELL_KNOWN = "/.well-known/agent-card.json";

  test("every address in it is the gateway's", async () => {
    for (const version of ["", "1.0", "0.3"]) {
      const card: any = await (await get(`/agents/${id}${WELL_KNOWN}`, { "a2a-version": version })).json();
      const urls = JSON.stringify(card).match(/http:\/\/127[^"]*/g)!;
      expect(urls.every((url) => url.startsWith(gate.url))).toBe(true);
    }
  });

  test("1.0, 0.3 and, for who names none, both in one", async () => {
    const cardFor = async (version: string) =>
      (await (await get(`/agents/${id}${WELL_KNOWN}`, version ? { "a2a-version": version } : {})).json()) as any;
    const [current, legacy, hybrid] = await Promise.all(["1.0.1", "0.3", ""].map(cardFor));
    expect(await (await get(`/agents/${id}${WELL_KNOWN}?A2A-Version=1.0`)).json()).toEqual(current);
    expect([current.supportedInterfaces.length, current.url]).toEqual([4, undefined]);
    expect([legacy.supportedInterfaces, legacy.protocolVersion, legacy.url]).toEqual([
      undefined,
      "0.3.0",
      `${gate.url}/agents/${id}`,
    ]);
    expect([hybrid.supportedInterfaces.length, hybrid.url]).toEqual([4, `${gate.url}/agents/${id}`]);
    expect(
      ((await (await get(`/agents/${id}/.well-known/agent.json`)).json()) as any).supportedInterfaces,
    ).toBeUndefined();
  });

  test("skills are whole, and name no security schemes that the card does not have", async () => {
    const skills = [
      { name: "bare", security: [{ own: [] }], securityRequirements: [{ schemes: { own: {} } }], "x-own": 1 },
    ];
    const agent = await gate.register({ card: cardOf(raw.url), skills });
    const card: any = await (await get(`/agents/${agent.id}/card`)).json();
    expect(card.skills).toEqual([{ id: "bare", name: "bare", description: "", tags: [], "x-own": 1 }]);
  });

  test("it is cached by its tag and its date", async () => {
    const { headers } = await get(`/agents/${id}/card`);
    expect(headers.get("vary")).toContain("A2A-Version");
    expect(headers.get("cache-control")).toContain("max-age");
    const again = await get(`/agents/${id}/card`, { "if-none-match": headers.get("etag")! });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await get(`/agents/${id}/card`, { "if-modified-since": headers.get("last-modified")! })).status).toBe(304);
    await gate.call("PUT", `/agents/${rawId}`, { description: "changed" });
    expect(((await (await get(`/agents/${rawId}/card`)).json()) as any).description).toBe("changed");
  });

  test("a paid agent's tells its price and asks for a key", async () => {
    const paid = await gate.register({ url: raw.url, price_per_task: 0.25 });
    const card: any = await (await get(`/agents/${paid.id}/card`, { "a2a-version": "1.0" })).json();
    expect(card.ucp).toMatchObject({ price_per_task: 0.25, currency: "USD", checkout_url: `${gate.url}/ucp/checkout` });
    expect(card.securityRequirements).toEqual([{ schemes: { agentgate: { list: [] } } }]);
  });

  test("the agent's own is there word for word; a plain agent has none, but a card it has", async () => {
    const original = await (await fetch(`${example.url}${WELL_KNOWN}`)).text();
    expect(await (await get(`/agents/${id}/upstream-card.json`)).text()).toBe(original);
    expect((await get(`/agents/${plainId}/upstream-card.json`)).status).toBe(404);
    expect(await (await get(`/agents/${plainId}/card`)).json()).toMatchObject({
      name: "plain",
      capabilities: { pushNotifications: false },
    });
  });
});

describe("faces", () => {
  test.each([
    ["the header", { "a2a-version": "1.0" }, ""],
    ["a patch version", { "a2a-version": "1.0.1" }, ""],
    ["the query", {}, "?A2A-Version=1.0"],
    ["the method's grammar", {}, ""],
  ])("the version comes from %s", async (_, headers, query) => {
    expect((await rpc(rawId, "SendMessage", message(), headers as never, query)).result.message.parts).toEqual([
      { text: "raw" },
    ]);
    expect(raw.received.at(-1)?.headers["a2a-version"]).toBe("1.0");
  });

  test("a version that is unknown, and a method of the other one, are refused", async () => {
    const unknown = await rpc(rawId, "SendMessage", message(), { "a2a-version": "9.9" });
    expect(unknown.error).toMatchObject({
      code: -32009,
      data: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "VERSION_NOT_SUPPORTED",
          domain: "a2a-protocol.org",
        },
      ],
    });
    expect((await rpc(rawId, "message/send", message(), { "a2a-version": "1.0" })).error.code).toBe(-32601);
    expect((await rpc(rawId, "SendMessage", message(), { "a2a-version": "0.3" })).error.code).toBe(-32601);
  });

  test("with a slash at the end, with snake_case, with an encoded colon and an empty body", async () => {
    const slashed = await post(`/agents/${id}/`, {
      jsonrpc: "2.0",
      id: "s",
      method: "SendMessage",
      params: message("ask"),
    });
    const task = ((await slashed.json()) as any).result.task;
    expect((await rpc(id, "ListTasks", { context_id: task.contextId, page_size: 1 })).result.tasks.length).toBe(1);
    const cancelled = await fetch(`${gate.url}/agents/${id}/tasks/${task.id}%3Acancel`, { method: "POST" });
    expect(((await cancelled.json()) as any).status.state).toBe("TASK_STATE_CANCELED");
    const gone = await get(`/agents/${id}/tasks/${task.id}:subscribe`);
    expect([gone.status, ((await gone.json()) as any).error.details[0].reason]).toEqual([400, "UNSUPPORTED_OPERATION"]);
  });

  test("extensions go both ways under either name", async () => {
    for (const name of ["a2a-extensions", "x-a2a-extensions"]) {
      const response = await post(
        `/agents/${rawId}`,
        { jsonrpc: "2.0", id: 1, method: "SendMessage", params: message() },
        { [name]: "https://ext.example/one" },
      );
      expect(raw.received.at(-1)?.headers["a2a-extensions"]).toBe("https://ext.example/one");
      expect(response.headers.get("a2a-extensions")).toBe("https://ext.example/one");
    }
  });

  test.each([
    ["no JSON", "{", -32700],
    ["no object", "[]", -32600],
    ["no method", '{"jsonrpc":"2.0","id":1}', -32600],
    ["a method nobody knows", '{"jsonrpc":"2.0","id":1,"method":"Nothing"}', -32601],
    ["a method of 0.1", '{"jsonrpc":"2.0","id":1,"method":"tasks/send","params":{"id":"x"}}', -32601],
    ["parameters that are none", '{"jsonrpc":"2.0","id":1,"method":"GetTask","params":[]}', -32602],
  ])("%s is told in JSON-RPC's words", async (_, body, code) => {
    const response = await post(`/agents/${rawId}`, body);
    expect([response.status, ((await response.json()) as any).error.code]).toEqual([200, code]);
  });

  test("what the gateway refuses has its real status in the binding's shape", async () => {
    const nobody = "00000000-0000-4000-8000-000000000000";
    const unknown = await post(`/agents/${nobody}`, {
      jsonrpc: "2.0",
      id: 9,
      method: "SendMessage",
      params: message(),
    });
    expect([unknown.status, await unknown.json()]).toMatchObject([
      404,
      { id: 9, error: { message: "Agent not found" } },
    ]);
    const priced = await gate.register({ url: raw.url, price_per_task: 1 });
    const unpaid = await post(`/agents/${priced.id}/message:send`, message());
    expect([unpaid.status, await unpaid.json()]).toMatchObject([402, { error: { code: 402 } }]);
    const closed = await gate.register({ url: raw.url, agent_api_key: "let me in" });
    expect((await post(`/agents/${closed.id}/message:send`, message())).status).toBe(401);
    const limited = await gate.createOrg("limited", { rate_limit: 0.001, rate_burst: 1 });
    const busy = await gate.register({ card_url: `${example.url}/.well-known/agent-card.json` }, limited.key);
    await post(`/agents/${busy.id}/message:send`, message("hello"));
    const send = { jsonrpc: "2.0", id: 3, method: "SendMessage", params: message() };
    const slowed = [await post(`/agents/${busy.id}/message:send`, message()), await post(`/agents/${busy.id}`, send)];
    expect(slowed.map(({ status, headers }) => [status, Number(headers.get("retry-after")) > 0])).toEqual([
      [429, true],
      [429, true],
    ]);
    expect(await Promise.all(slowed.map((response) => response.json()))).toMatchObject([
      { error: { code: 429, status: "RESOURCE_EXHAUSTED" } },
      { id: 3, error: { code: -32059 } },
    ]);
  });

  test.each([
    ["GET", "message:send", "POST"],
    ["PATCH", "tasks/x", "GET, HEAD, POST"],
    ["DELETE", "rest/tasks", "GET, HEAD"],
    ["POST", "tasks/x:explode", "GET"],
    ["DELETE", "v1/tasks/x", "GET, HEAD, POST"],
  ])("%s is no verb of %s: 405 in the binding's shape, with those that are", async (method, path, allow) => {
    const response = await fetch(`${gate.url}/agents/${rawId}/${path}`, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    const legacy = path.startsWith("v1/");
    expect(response.headers.get("content-type")).toContain(legacy ? "application/json" : "application/a2a+json");
    const expected = legacy ? { code: -32600 } : { error: { code: 405, status: "UNIMPLEMENTED" } };
    expect(await response.json()).toMatchObject(expected);
  });

  test.each([
    ["text/plain", false, false],
    ["application/json-patch+json", false, false],
    ["application/a2a+json", false, true],
    ["Application/JSON ; charset=utf-8", true, true],
  ])("a body of %s is taken over JSON-RPC: %s, over HTTP+JSON: %s", async (type, overRpc, overRest) => {
    const headers = { "content-type": type };
    const called = await post(
      `/agents/${rawId}`,
      { jsonrpc: "2.0", id: 1, method: "SendMessage", params: message() },
      headers,
    );
    expect(((await called.json()) as any).error?.code).toBe(overRpc ? undefined : -32005);
    const sent = await post(`/agents/${rawId}/message:send`, message(), headers);
    expect([sent.status, ((await sent.json()) as any).error?.details[0].reason]).toEqual(
      overRest ? [200, undefined] : [400, "CONTENT_TYPE_NOT_SUPPORTED"],
    );
  });

  test("versions that are unknown, and 1.0's paths in 0.3, are refused over HTTP+JSON too", async () => {
    const reason = async (path: string, version: string) => {
      const response = await post(`/agents/${rawId}/${path}`, message(), { "a2a-version": version });
      const body: any = await response.json();
      return [response.status, body.error?.details[0].reason ?? body.code];
    };
    expect(await reason("message:send", "9.9")).toEqual([400, "VERSION_NOT_SUPPORTED"]);
    expect(await reason("message:send", "0.3.0")).toEqual([400, "VERSION_NOT_SUPPORTED"]);
    expect(await reason("message:send?A2A-Version=9.9", "")).toEqual([400, "VERSION_NOT_SUPPORTED"]);
    expect(await reason("v1/message:send", "9.9")).toEqual([400, -32009]);
  });

  describe("what agents answer besides A2A", () => {
    let odd: RawAgent;
    let oddId: string;
    let oddRestId: string;
    let answer: [status: number, body: string];
    beforeAll(async () => {
      const card = (url: string, protocolBinding: string) =>
        cardOf(url, { supportedInterfaces: [{ url, protocolBinding, protocolVersion: "1.0" }] });
      odd = await startRawAgent((_, response) => response.writeHead(answer[0]).end(answer[1]));
      oddId = (await gate.register({ url: odd.url })).id;
      oddRestId = (await gate.register({ card: card(odd.url, "HTTP+JSON") })).id;
    });
    afterAll(() => odd.close());

    const shown = async (path: string, body: unknown) => {
      const response = await post(path, body);
      const { error }: any = await response.json();
      return [response.status, error.code, error.message];
    };

    test.each<[what: string, status: number, body: string, seen: number, said: string]>([
      ["a page", 200, "<html>", 500, "no A2A answer"],
      ["nothing", 204, "", 500, "answer"],
      ["a list", 200, "[1]", 500, "answer"],
      ["a redirect", 302, "", 502, "HTTP 302"],
      ["a login", 401, "<html>", 401, "HTTP 401"],
      ["an error of its own", 401, '{"error":"who are you"}', 401, "who are you"],
      ["a limit", 429, '{"error":{"code":429,"message":"slow down"}}', 429, "slow down"],
      ["a crash", 500, '{"detail":"boom"}', 502, "boom"],
      ["a busy proxy", 503, "<html>", 502, "HTTP 503"],
    ])("%s (%i %s) is %i", async (_what, status, body, seen, said) => {
      answer = [status, body];
      const rest = await shown(`/agents/${oddRestId}/message:send`, message());
      expect(rest).toEqual([seen, seen, expect.stringContaining(said)]);
      const call = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: message() };
      const [httpStatus, code, text] = await shown(`/agents/${oddId}`, call);
      // What is no valid answer is the protocol's own error; the rest has its real status.
      expect([httpStatus, text]).toEqual([seen === 500 ? 200 : seen, expect.stringContaining(said)]);
      if (seen === 500) expect(code).toBe(-32006);
    });

    test("a byte order mark does no harm; an error of the protocol keeps its status, whatever that is", async () => {
      const result = '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[]}}';
      answer = [200, `\ufeff${rpcResult(1, result)}`];
      expect((await rpc(oddId, "SendMessage", message())).result.message.messageId).toBe("r");
      answer = [200, `\ufeff${result}`];
      expect((await post(`/agents/${oddRestId}/message:send`, message())).status).toBe(200);
      answer = [500, '{"jsonrpc":"2.0","id":1,"error":{"code":-32004,"message":"not me"}}'];
      expect((await rpc(oddId, "SendMessage", message())).error.code).toBe(-32004);
      const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "TASK_NOT_CANCELABLE" }];
      answer = [409, JSON.stringify({ error: { code: 409, message: "too late", details } })];
      expect(await shown(`/agents/${oddRestId}/message:send`, message())).toEqual([400, 400, "too late"]);
      answer = [
        502,
        JSON.stringify({ error: { code: 502, message: "m", details: [{ reason: "INVALID_AGENT_RESPONSE" }] } }),
      ];
      expect(await shown(`/agents/${oddRestId}/message:send`, message())).toEqual([500, 500, "m"]);
    });

    test("an agent that is gone cannot be reached", async () => {
      const gone = await gate.register({ card: cardOf(`http://127.0.0.1:${await freePort()}/`) });
      const call = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: message() };
      const [status, , text] = await shown(`/agents/${gone.id}`, call);
      expect([status, text]).toEqual([502, expect.stringContaining("Cannot reach agent")]);
    });
  });

  test("an address with a query keeps it behind the path", async () => {
    const task = '{"id":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED"}}';
    const keyed = await startRawAgent(({ method }, response) => {
      response.end(method === "POST" ? `{"task":${task}}` : task);
    });
    const supportedInterfaces = [
      { url: `${keyed.url}/api/?k=1`, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" },
    ];
    const { id: keyedId } = await gate.register({ card: cardOf(keyed.url, { supportedInterfaces }) });
    await post(`/agents/${keyedId}/message:send`, message());
    await get(`/agents/${keyedId}/tasks/t?historyLength=2`);
    const asked = keyed.received.map(({ path }) => path).filter((path) => !path.includes("/health"));
    expect(asked).toEqual(["/api/message:send?k=1", "/api/tasks/t?k=1&historyLength=2"]);
    await keyed.close();
  });

  test.each(["POST", "GET"])("an agent that knows subscriptions by %s alone can be subscribed to", async (verb) => {
    const task = '{"id":"t","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}';
    const one = await startRawAgent(
      ({ path, method }, response) => {
        if (path.endsWith("message:send")) return void response.end(`{"task":${task}}`);
        if (method !== verb) return void response.writeHead(verb === "GET" ? 405 : 404).end('{"detail":"Not Found"}');
        response.setHeader("content-type", "text/event-stream");
        response.end(`data: {"task":${task.replace("WORKING", "COMPLETED")}}\n\n`);
      },
      (url) => cardOf(url, { supportedInterfaces: [{ url, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" }] }),
    );
    const { id: oneId } = await gate.register({ url: one.url });
    await post(`/agents/${oneId}/message:send`, { ...message(), configuration: { returnImmediately: true } });
    expect(await (await post(`/agents/${oneId}/tasks/t:subscribe`, "")).text()).toContain("COMPLETED");
    await one.close();
  });

  test("a send with an Idempotency-Key is made once", async () => {
    const body = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: message("once") };
    const send = (id: number) => post(`/agents/${rawId}`, { ...body, id }, { "idempotency-key": "the-same" });
    const asked = raw.received.length;
    const first = await send(1);
    const second = await send(2);
    expect([second.headers.get("idempotency-replayed"), first.headers.get("ratelimit-limit")]).toEqual([
      "true",
      "1000000",
    ]);
    const [one, two] = [(await first.json()) as any, (await second.json()) as any];
    expect([two.id, two.result, raw.received.length - asked]).toEqual([2, one.result, 1]);
    const other = { ...body, params: message("something else") };
    expect((await post(`/agents/${rawId}`, other, { "idempotency-key": "the-same" })).status).toBe(422);
  });

  test("an extended card is for callers that are known, and rewritten like the other", async () => {
    const extended = await startRawAgent(
      ({ body }, response) => {
        response.setHeader("content-type", "application/json");
        const card = cardOf(extended.url, { documentationUrl: "https://docs.example/more" });
        response.end(rpcResult(body.id, JSON.stringify(card)));
      },
      (url) => cardOf(url, { capabilities: { streaming: true, extendedAgentCard: true } }),
    );
    const { id: extendedId } = await gate.register({ url: extended.url });
    const path = `/agents/${extendedId}/extendedAgentCard`;
    const anonymous = await get(path, { "a2a-version": "1.0" });
    expect([anonymous.status, anonymous.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    const { key } = await gate.createOrg("reader of cards");
    const card = (await gate.call("GET", path, undefined, key)).body;
    expect(card.documentationUrl).toBe("https://docs.example/more");
    expect(JSON.stringify(card)).not.toContain(extended.url);
    const legacy = await rpc(extendedId, "agent/getAuthenticatedExtendedCard", undefined, {
      authorization: `Bearer ${key}`,
    });
    expect(legacy.result).toMatchObject({ protocolVersion: "0.3.0", url: `${gate.url}/agents/${extendedId}` });
    await extended.close();
  });

  test("an agent of 0.3 reads lengths of histories as it likes; its callers of 1.0 get what they asked for", async () => {
    const said = (text: string) => ({
      kind: "message",
      messageId: text,
      role: "user",
      parts: [{ kind: "text", text }],
    });
    const task = { kind: "task", id: "t", status: { state: "completed" }, history: ["a", "b", "c"].map(said) };
    const legacy = await startRawAgent(
      ({ body }, response) => void response.end(rpcResult(body?.id, JSON.stringify(task))),
      (url) => ({ ...cardOf(url), supportedInterfaces: undefined, protocolVersion: "0.3.0", url }),
    );
    const { id: legacyId } = await gate.register({ url: legacy.url });
    const asked = { ...message(), configuration: { historyLength: 1 } };
    const sent = (await rpc(legacyId, "SendMessage", asked)).result.task;
    expect(sent.history).toEqual([{ messageId: "c", role: "ROLE_USER", parts: [{ text: "c" }] }]);
    const history = async (params: object) => (await rpc(legacyId, "GetTask", { id: "t", ...params })).result.history;
    expect([await history({ historyLength: 0 }), (await history({ historyLength: 2 })).length]).toEqual([[], 2]);
    expect([(await history({})).length, (await history({ historyLength: 9 })).length]).toEqual([3, 3]);
    await legacy.close();
  });

  test("0.3's older neighbours: kind or type, 0.2's extended card", async () => {
    const parts = [{ type: "text", text: "hi" }];
    const sent = await rpc(rawId, "message/send", { message: { messageId: "m", role: "user", parts } });
    expect(sent.result).toMatchObject({ kind: "message", role: "agent", parts: [{ kind: "text", text: "raw" }] });
    expect((await get(`/agents/${rawId}/agent/authenticatedExtendedCard`)).status).toBe(400);
  });
});

describe("simple tasks", () => {
  const task = (agentId: string, body: unknown) => gate.call("POST", `/agents/${agentId}/task`, body);

  test("reach the agent with their parts, and artifacts come back", async () => {
    const { status, body } = await task(id, textTask("Guten Tag", "my-task"));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: "my-task",
      status: { state: "completed" },
      artifacts: [{ parts: [{ type: "text", text: "Echo: Guten Tag" }] }],
    });
    const data = (await task(id, textTask("data"))).body;
    expect(data.artifacts[0].parts[0]).toMatchObject({ type: "data", data: { key: "value", count: 42 } });
    const file = (await task(id, textTask("file"))).body;
    expect(file.artifacts[0].parts[0]).toMatchObject({
      type: "file",
      file: { name: "output.txt", mimeType: "text/plain" },
    });
  });

  test("any JSON can be data, both ways", async () => {
    const data = [null, [1], "text", 7, { k: null }];
    const echo = await startRawAgent(({ body }, response) => {
      const { parts } = body.params.message;
      const said = { message: { messageId: "r", role: "ROLE_AGENT", parts } };
      response.end(rpcResult(body.id, JSON.stringify(said)));
    });
    const { id: echoId } = await gate.register({ url: echo.url });
    const parts = data.map((value) => ({ type: "data", data: value }));
    const { body } = await task(echoId, { id: "d", message: { parts } });
    expect(body.artifacts[0].parts).toEqual(parts);
    await echo.close();
  });

  test("pieces are put together, and streamed as they come", async () => {
    const { artifacts } = (await task(id, textTask("count 4"))).body;
    expect(artifacts[0].parts.map(({ text }: any) => text)).toEqual(["1 ", "2 ", "3 ", "4 "]);
    const events = (await gate.call("POST", `/agents/${id}/task/stream`, textTask("count 4"))).body as string;
    expect(events.match(/event: chunk\ndata: \d /g)).toHaveLength(4);
    expect(events).toContain("event: result");
  });

  test("a question comes with what it takes to answer it", async () => {
    const asking = (await task(id, textTask("ask"))).body;
    expect(asking.status).toMatchObject({ state: "input-required", message: { parts: [{ text: "Which city?" }] } });
    const { taskId, contextId } = asking;
    const answer = (
      await task(id, { id: "a", message: { taskId, contextId, parts: [{ type: "text", text: "Bonn" }] } })
    ).body;
    expect(answer.artifacts[0].parts[0].text).toBe("You said: Bonn");
  });

  test("a task that takes longer than its time is answered with its state and id", async () => {
    const { id: slow } = await gate.register({ url: example.url, timeout_ms: 30_000 });
    const asked = task(slow, textTask("wait 60000"));
    await expect.poll(async () => (await gate.call("GET", `/agents/${slow}/tasks`)).body.tasks.length).toBe(1);
    gate.clock.skip(30_000);
    const { body } = await asked;
    expect([body.status.state, body.taskId]).toEqual(["working", expect.any(String)]);
    const state = async () => (await gate.call("GET", `/agents/${slow}/tasks/${body.taskId}`)).body.status.state;
    expect(await state()).toBe("TASK_STATE_WORKING");
    await gate.call("POST", `/agents/${slow}/tasks/${body.taskId}:cancel`);
    expect(await state()).toBe("TASK_STATE_CANCELED");
  });

  test("a task that fails is an error, in the agent's words", async () => {
    const { status, body } = await task(id, textTask("fail"));
    expect([status, body.detail]).toEqual([502, "Agent returned error: This did not work out"]);
  });
});

describe("money", () => {
  test("an answer is paid for once; an error, a failure and a refusal cost nothing", async () => {
    const payer = await gate.createOrg("payer of messages", { rate_limit: 1e6, rate_burst: 1e6 });
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10 });
    const wallet = async () => {
      const { balance, held } = (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
      return [balance, held];
    };
    const paid = (await gate.register({ url: example.url, price_per_task: 1 })).id;
    const send = (text: string, path = "message:send", ids = {}) => {
      const body = { message: { ...message(text).message, ...ids } };
      return gate.call("POST", `/agents/${paid}/${path}`, body, payer.key);
    };
    expect((await send("hi")).body.task.status.state).toBe("TASK_STATE_COMPLETED");
    expect(await wallet()).toEqual([9, 0]);
    expect((await send("hello")).body.message.parts[0].text).toBe("Hello!");
    const asking = (await send("ask")).body.task;
    expect(await wallet()).toEqual([7, 0]);
    expect((await send("fail")).body.task.status.state).toBe("TASK_STATE_FAILED");
    expect((await send("reject")).body.task.status.state).toBe("TASK_STATE_REJECTED");
    expect((await send("hi", "message:send", { taskId: "no-such-task" })).status).toBe(404);
    expect(await wallet()).toEqual([7, 0]);
    expect((await send("count 3", "message:stream")).body).toContain("TASK_STATE_COMPLETED");
    await expect.poll(wallet).toEqual([6, 0]);
    expect((await send("fail", "message:stream")).body).toContain("TASK_STATE_FAILED");
    await expect.poll(wallet).toEqual([6, 0]);
    expect((await gate.call("GET", `/agents/${paid}/tasks/${asking.id}`, undefined, payer.key)).status).toBe(200);
    expect(await wallet()).toEqual([6, 0]);
  });
});
