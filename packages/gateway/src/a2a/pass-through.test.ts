import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

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
const post = async (body: string, path = "") => (await fetch(url + path, { method: "POST", headers, body })).text();

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
  fc.constantFrom('"\\u00e9"', "7", "7.50", "1e3", "-0", "12345678901234567890", "null"),
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

test("a file of a megabyte passes", async () => {
  const raw = Buffer.alloc(1_000_000, "agentgate").toString("base64");
  result = `{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[{"raw":"${raw}"}]}}`;
  const params = `{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"raw":"${raw}"}]}}`;
  expect(await post(`{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":${params}}`)).toContain(result);
});

test.each(["[1]", '{"k":1}', "true"])("an id that JSON-RPC does not know (%s) is refused", async (id) => {
  const answer = await post(`{"jsonrpc":"2.0","id":${id},"method":"GetTask","params":{"id":"x"}}`);
  expect(JSON.parse(answer)).toMatchObject({ id: null, error: { code: -32600 } });
});
