import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN_KEY, startTestGateway, type TestGateway } from "../testing/index.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** What no rule edits arrives as the bytes it was sent in, both ways. */

let gate: TestGateway;
let agent: RawAgent;
let url: string;
let result = "{}";
beforeAll(async () => {
  gate = await startTestGateway();
  agent = await startRawAgent(({ body, path }, response) => {
    response.setHeader("content-type", "application/json");
    response.end(path === "/" ? rpcResult(body.id, result) : result);
  });
  url = `${gate.url}/agents/${(await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` })).id}`;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const headers = { "content-type": "application/json", "a2a-version": "1.0" };
const post = async (body: string, path = "", more = {}) =>
  (await fetch(url + path, { method: "POST", headers: { ...headers, ...more }, body })).text();

/** JSON text with white space, number spellings and members of its own. */
const jsonText = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom(
    "1.0",
    "1e400",
    "-0",
    "12345678901234567890",
    "null",
    "[]",
    "{}",
    '""',
    ' { "a" : [ ] } ',
    '{"a":1,"a":2}',
  ),
);
const member = (name: string, value: string) => `${JSON.stringify(name)}:${value}`;
const extras = fc
  .dictionary(
    fc.string({ minLength: 1 }).map((name) => `x-${name}`),
    jsonText,
    { maxKeys: 4 },
  )
  .map((entries) =>
    Object.entries(entries)
      .map(([name, value]) => `,${member(name, value)}`)
      .join(""),
  );
/** JSON-RPC's ids: text, numbers in any spelling, null. */
const rpcId = fc.oneof(
  fc.string().map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"\\u00e9"',
    '"\\/\\ud800\\n"',
    "7",
    "7.50",
    "1.0",
    "1e3",
    "1E+400",
    "-0",
    "12345678901234567890",
    "null",
  ),
);

test("a request and its answer pass unedited, ids in any spelling among them", async () => {
  await fc.assert(
    fc.asyncProperty(rpcId, extras, extras, jsonText, async (id, inParams, inResult, data) => {
      const params = `{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"data":${data}}],"extensions":[]${inParams}}${inParams}}`;
      result = `{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[{"data":${data}},{"data":null}],"extensions":[]${inResult}}}`;
      const answer = await post(`{"jsonrpc":"2.0","id":${id},"method":"SendMessage","params":${params}}`);
      expect(agent.received.at(-1)?.text).toContain(`"params":${params}}`);
      expect(agent.received.at(-1)?.text).toContain(`"id":${id.trim()},`);
      expect(answer).toBe(`{"jsonrpc":"2.0","id":${id.trim()},"result":${result}}`);
    }),
    { numRuns: 150 },
  );
});

test("a body of the other binding is the same bytes", async () => {
  await fc.assert(
    fc.asyncProperty(extras, jsonText, async (more, data) => {
      const params = `{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"data":${data}}]${more}}}`;
      result = `{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[{"data":${data}}]${more}}}`;
      expect(await post(params, "/message:send")).toBe(result);
      expect(agent.received.at(-1)?.text).toContain(`"params":${params}}`);
    }),
    { numRuns: 60 },
  );
});

test("a rule's edit leaves every other number and member as it was", async () => {
  result = '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[]}}';
  const rest = '"x-big":12345678901234567890,"x-exp":1e400,"x-null":null,"x-empty":[]';
  await post(
    `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"message_id":"m","role":"ROLE_USER","parts":[{"data":null}],${rest}},${rest}}}`,
  );
  const { text } = agent.received.at(-1)!;
  expect(text).toContain(`"message":{"messageId":"m","role":"ROLE_USER","parts":[{"data":null}],${rest}},${rest}}`);
});

test("a file of a megabyte passes, of a caller with a key", async () => {
  const raw = Buffer.alloc(1_000_000, "agentgate").toString("base64");
  result = `{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[{"raw":"${raw}"}]}}`;
  const params = `{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"raw":"${raw}"}]}}`;
  const body = `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":${params}}`;
  expect(await post(body, "", { authorization: `Bearer ${ADMIN_KEY}` })).toContain(result);
  expect(await post(body)).toContain("1048576 bytes");
});

test("an id comes back as it was written in every answer: errors, refusals and each event of a stream", async () => {
  const unknown = url.replace(/[^/]+$/, "00000000-0000-4000-8000-000000000000");
  const errors: [method: string, params: string, code: number, at?: string][] = [
    ["GetTask", '{"id":"nobody"}', -32001],
    ["NoSuchMethod", "{}", -32601],
    ["GetTask", "7", -32602],
    ["CreateTaskPushNotificationConfig", '{"taskId":"nobody"}', -32001],
    ["SubscribeToTask", '{"id":"nobody"}', -32001],
    ["SendMessage", "{}", -32054, unknown],
  ];
  const ask = async (id: string, method: string, params: string, at = url) => {
    const body = `{ "id" : ${id} , "method":"${method}","jsonrpc":"2.0","params":${params}}`;
    return (await fetch(at, { method: "POST", headers, body })).text();
  };
  await fc.assert(
    fc.asyncProperty(rpcId, async (id) => {
      for (const [method, params, code, at] of errors) {
        const answer = await ask(id, method, params, at);
        expect(answer).toMatch(new RegExp(`"error":\\{"code":${code},`));
        expect(answer.startsWith(`{"jsonrpc":"2.0","id":${id},"error":`)).toBe(true);
      }
      result = '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[]}}';
      const events = await ask(
        id,
        "SendStreamingMessage",
        '{"message":{"messageId":"m","role":"ROLE_USER","parts":[]}}',
      );
      expect(events).toBe(`data: {"jsonrpc":"2.0","id":${id},"result":${result}}\n\n`);
    }),
    { numRuns: 10 },
  );
});

test.each(["[1]", '{"k":1}', "true"])("an id that JSON-RPC does not know (%s) is refused with none", async (id) => {
  const answer = await post(`{"jsonrpc":"2.0","id":${id},"method":"GetTask","params":{"id":"x"}}`);
  expect(JSON.parse(answer)).toMatchObject({ id: null, error: { code: -32600 } });
});

test.each(['{"id":7,', '{"id":7,}', '{"id":7,"method":}', '{"id":7} 7'])(
  "the id of what is not JSON (%s) is not known",
  async (text) => {
    expect(JSON.parse(await post(text))).toMatchObject({ id: null, error: { code: -32700 } });
  },
);

/** Readers differ in which of two members of a name counts, take proto names too, or mind no case. */
const smuggled = {
  GetTask: ['"id":"foreign","id":"mine"', '"\\u0069d":"foreign","id":"mine"', '"ID":"foreign","id":"mine"'],
  SendMessage: [
    '"message":{"taskId":"foreign","taskId":"mine",$}',
    '"message":{"task_id":"foreign","taskId":"mine",$}',
    '"message":{"TaskID":"foreign","taskId":"mine",$}',
    '"message":{"taskId":"foreign",$},"message":{"taskId":"mine",$}',
    '"Message":{"taskId":"foreign",$},"message":{"taskId":"mine",$}',
    '"message":{"reference_task_ids":["foreign"],"referenceTaskIds":["mine"],$}',
    '"message":{$},"configuration":{"taskPushNotificationConfig":{"url":"http://foreign/"},"taskPushNotificationConfig":null}',
  ],
};

test("no agent reads another id in a request than the one that was judged", async () => {
  const of03 = await startRawAgent(
    ({ body }, response) =>
      void response.end(rpcResult(body?.id, '{"kind":"message","messageId":"r","role":"agent","parts":[]}')),
    (at) => ({ ...cardOf(at), supportedInterfaces: undefined, protocolVersion: "0.3.0", url: at }),
  );
  const rest03 = await startRawAgent(
    (_, response) => void response.end('{"message":{"messageId":"r","role":"ROLE_AGENT","content":[]}}'),
    (at) => ({
      ...cardOf(at),
      supportedInterfaces: undefined,
      protocolVersion: "0.3.0",
      url: at,
      preferredTransport: "REST",
    }),
  );
  const urls = await Promise.all(
    [of03, rest03].map(async (each) => `${gate.url}/agents/${(await gate.register({ url: each.url })).id}`),
  );
  const owned = '{"task":{"id":"mine","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}}';
  result = owned;
  await post(
    '{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"m","role":"ROLE_USER","parts":[]}}}',
  );
  const before = agent.received.length;
  for (const [method, list] of Object.entries(smuggled)) {
    result = method === "GetTask" ? JSON.stringify(JSON.parse(owned).task) : owned;
    for (const members of list) {
      const params = `{${members.replaceAll("$", '"messageId":"m","role":"ROLE_USER","parts":[]')}}`;
      expect(await post(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`)).not.toContain('"error"');
      if (method === "SendMessage") expect(await post(params, "/message:send")).toContain('"task"');
    }
  }
  const texts = agent.received.slice(before).map(({ text }) => text);
  expect(texts.length).toBe(smuggled.GetTask.length + 2 * smuggled.SendMessage.length);
  expect(texts.filter((text) => text.includes("foreign"))).toEqual([]);

  // Agents of 0.3 take proto names as well, in either binding: alone they name a task, too.
  const legacy = '"kind":"message","messageId":"m","role":"user","parts":[{"kind":"text","text":"hi"}]';
  const proto = '"messageId":"m","role":"ROLE_USER","content":[{"text":"hi"}]';
  for (const ids of ['"task_id":"foreign"', '"reference_task_ids":["foreign"]', '"TASKID":"foreign"']) {
    const body = `{"jsonrpc":"2.0","id":1,"method":"message/send","params":{"message":{${ids},${legacy}}}}`;
    const send = (at: string, text: string) =>
      fetch(at, { method: "POST", headers: { "content-type": "application/json" }, body: text }).then((r) => r.text());
    expect(await send(urls[0]!, body)).toContain("-32001");
    expect(await send(`${urls[1]}/v1/message:send`, `{"message":{${ids},${proto}}}`)).toContain("-32001");
    expect(await send(`${urls[1]}/v1/message:send`, `{"request":{${ids},${proto}},"message":{${proto}}}`)).toContain(
      '"message"',
    );
  }
  const seen = [...of03.received, ...rest03.received].map(({ text }) => text);
  expect([seen.length, seen.filter((text) => text.includes("foreign"))]).toEqual([3, []]);
  await Promise.all([of03.close(), rest03.close()]);
});
