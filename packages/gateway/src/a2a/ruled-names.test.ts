import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** No agent, whatever reader it has, is handed a member that names a task and was not judged; on every entrance, in both versions. */

let gate: TestGateway;
const agents: RawAgent[] = [];
const urls: Record<"1.0" | "0.3" | "0.3-rest", string> = { "1.0": "", "0.3": "", "0.3-rest": "" };
beforeAll(async () => {
  gate = await startTestGateway();
  const answers = {
    "1.0":
      '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[],"x-own":1.0},"ta\u017fk":{"id":"foreign"},"x-own":1e400}',
    "0.3": '{"kind":"message","messageId":"r","role":"agent","parts":[]}',
    "0.3-rest": '{"message":{"messageId":"r","role":"ROLE_AGENT","content":[]}}',
  };
  for (const [name, answer] of Object.entries(answers)) {
    const agent = await startRawAgent(
      ({ body }, response) => void response.end(name === "0.3-rest" ? answer : rpcResult(body?.id, answer)),
      (at) =>
        name === "1.0"
          ? cardOf(at)
          : {
              ...cardOf(at),
              supportedInterfaces: undefined,
              protocolVersion: "0.3.0",
              url: at,
              preferredTransport: name === "0.3" ? "JSONRPC" : "REST",
            },
    );
    agents.push(agent);
    urls[name as keyof typeof urls] = `${gate.url}/agents/${(await gate.register({ url: agent.url })).id}`;
  }
});
afterAll(async () => {
  await gate.close();
  await Promise.all(agents.map((agent) => agent.close()));
});

const post = async (url: string, body: string) => {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return { status: response.status, text: await response.text() };
};
const rpc = (method: string, params: string) => `{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params}}`;
const v1 = '"messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}]';
const v03 = '"kind":"message","messageId":"m","role":"user","parts":[{"kind":"text","text":"hi"}]';
const proto = '"messageId":"m","role":"ROLE_USER","content":[{"text":"hi"}]';

/** Members of a message, and of the parameters where $ stands for the rest of a message. */
const inMessage = [
  '"ta\u017fkId":"foreign"',
  '"ta\\u017fkId":"foreign"',
  '"TA\u017f\u212aID":"foreign"',
  '"referenceTa\u017fkId\u017f":["foreign"]',
  '"task\u0131d":"foreign"',
  '"TASK\u0130D":"foreign"',
  '"\uff54\uff41\uff53\uff4bId":"foreign"',
  '"task\u200bId":"foreign"',
  '"taskId ":"foreign"',
  '"taskId\\u0000":"foreign"',
  '"task-id":"foreign"',
  '"contextI\u0501":"foreign","Context-Id ":"foreign"',
];
const inParams = [
  '"me\u017f\u017fage":{$,"taskId":"foreign"}',
  '"message.taskId":"foreign"',
  '"taskId":"foreign"',
  '"configurat\u0131on":{"taskPushNotificationConfig":{"url":"http://foreign/"}}',
];

test.each(["SendMessage", "SendStreamingMessage"])("%s, in every dialect and binding", async (method) => {
  const legacy = method === "SendMessage" ? "message/send" : "message/stream";
  const path = method === "SendMessage" ? "message:send" : "message:stream";
  const ways: [at: string, body: (params: string) => string, rest: string, holder: string][] = [
    [urls["1.0"], (params) => rpc(method, params), v1, "message"],
    [`${urls["1.0"]}/${path}`, (params) => params, v1, "message"],
    [urls["0.3"], (params) => rpc(legacy, params), v03, "message"],
    [`${urls["0.3-rest"]}/v1/${path}`, (params) => params, proto, "message"],
    [`${urls["0.3-rest"]}/v1/${path}`, (params) => params, proto, "request"],
    // Translated on the way.
    [urls["0.3"], (params) => rpc(method, params), v1, "message"],
    [`${urls["0.3-rest"]}/${path}`, (params) => params, v1, "message"],
    [urls["1.0"], (params) => rpc(legacy, params), v03, "message"],
    [`${urls["1.0"]}/v1/${path}`, (params) => params, proto, "request"],
  ];
  for (const [at, body, rest, holder] of ways) {
    for (const members of inMessage) {
      const { status, text } = await post(at, body(`{"${holder}":{${members},${rest}}}`));
      expect([status < 500, /-32602|-32001|INVALID_ARGUMENT|NOT_FOUND/.test(text)], `${at} ${members} ${text}`).toEqual(
        [true, true],
      );
    }
    for (const members of inParams) {
      const params = `{"${holder}":{${rest}},${members.replace("$", rest)}}`;
      expect((await post(at, body(params))).status).toBeLessThan(500);
    }
  }
  expect(agents.flatMap(({ received }) => received.filter(({ text }) => text.includes("foreign")))).toEqual([]);
});

test.each(["GetTask", "CancelTask", "SubscribeToTask"])("%s is told apart by its id alone", async (method) => {
  const before = agents[0]!.received.length;
  for (const members of ['"\u0131d":"x"', '"\u0130D":"x"', '"\uff49d":"x"', '"id\\u0000":"x"', '"id ":"x"']) {
    expect((await post(urls["1.0"], rpc(method, `{"id":"mine",${members}}`))).text).toContain("-32602");
  }
  expect(agents[0]!.received.length).toBe(before);
});

test("an agent's answer reaches its caller without what could be taken for a task that was not judged", async () => {
  const { text } = await post(urls["1.0"], rpc("SendMessage", `{"message":{${v1}}}`));
  expect(text).toContain('"x-own":1e400');
  expect(Object.keys(JSON.parse(text.replace("1e400", "1")).result)).toEqual(["message", "x-own"]);
});

test("the refusal says which member, and where one's own may stand", async () => {
  const { text } = await post(urls["1.0"], rpc("SendMessage", `{"message":{"ta\u017fkId":"foreign",${v1}}}`));
  expect(JSON.parse(text).error).toMatchObject({
    code: -32602,
    message: expect.stringMatching(/ta\\u017fkId.*metadata/),
  });
  const rest = await post(`${urls["1.0"]}/message:send`, `{"message":{"ta\u017fkId":"foreign",${v1}}}`);
  expect([rest.status, JSON.parse(rest.text).error.status]).toEqual([400, "INVALID_ARGUMENT"]);
});
