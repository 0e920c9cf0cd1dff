import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { callsTo, textMessage } from "../testing/calls.ts";
import { cardOf, type RawAgent, rpcResult, startRawAgent } from "../testing/raw-agent.ts";

/** Statuses, media types and errors as clients in other languages read them: by the protocol's definition, not by one SDK's habits. */

let gate: TestGateway;
let agents: { url: string; id: string; agent: RawAgent }[];

const TASK = { id: "t", contextId: "c", status: { state: "TASK_STATE_INPUT_REQUIRED" } };
const ERROR_INFO = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "TASK_NOT_CANCELABLE", domain: "x" };

async function start(version: "1.0" | "0.3") {
  const agent = await startRawAgent(
    ({ body: { id, method, params } }, response) => {
      const result = (value: unknown) => void response.end(rpcResult(id, JSON.stringify(value)));
      const task = version === "1.0" ? TASK : { kind: "task", ...TASK, status: { state: "input-required" } };
      if (/^SendMessage$|message\/send/.test(method)) return result(version === "1.0" ? { task } : task);
      if (/^GetTask$|tasks\/get/.test(method)) return result(task);
      if (/push/i.test(method)) return result(/delete/i.test(method) ? null : params);
      const error = { code: -32002, message: "not now", ...(version === "1.0" && { data: [ERROR_INFO] }) };
      response.end(JSON.stringify({ jsonrpc: "2.0", id, error }));
    },
    (url) => {
      const card = cardOf(url, { capabilities: { streaming: true, pushNotifications: true } });
      return version === "1.0" ? card : { ...card, supportedInterfaces: undefined, protocolVersion: "0.3.0", url };
    },
  );
  const { id } = await gate.register({ url: agent.url });
  return { url: `${gate.url}/agents/${id}`, id, agent };
}

beforeAll(async () => {
  gate = await startTestGateway();
  agents = [await start("1.0"), await start("0.3")];
});
afterAll(async () => {
  await gate.close();
  for (const { agent } of agents) await agent.close();
});

const { post } = callsTo(() => gate.url);
const json = { "content-type": "application/json" };
const legacyMessage = { message: { messageId: "m", role: "ROLE_USER", content: [{ text: "hi" }] } };
const webhook = "http://127.0.0.1:8999/hook";

describe.each([0, 1])("over HTTP+JSON, of an agent of each version (%i)", (which) => {
  test.each([
    ["1.0", "", textMessage(), { id: "p", url: webhook }],
    [
      "0.3",
      "/v1",
      legacyMessage,
      { config: { name: "tasks/t/pushNotificationConfigs/p", pushNotificationConfig: { id: "p", url: webhook } } },
    ],
  ])("what succeeds in %s is 200 with a body", async (_, base, message, config) => {
    const url = `${agents[which]!.url}${base}`;
    const configs = `${url}/tasks/t/pushNotificationConfigs`;
    const call = async (method: string, at: string, body?: unknown) => {
      const response = await fetch(at, {
        method,
        ...(body !== undefined && { headers: json, body: JSON.stringify(body) }),
      });
      return [response.status, JSON.parse(await response.text())];
    };
    expect(await call("POST", `${url}/message:send`, message)).toMatchObject([200, { task: { id: "t" } }]);
    const [status, created] = await call("POST", configs, config);
    expect([status, JSON.stringify(created)]).toEqual([200, expect.stringContaining(webhook)]);
    for (let times = 0; times < 2; times++) expect(await call("DELETE", `${configs}/p`)).toEqual([200, {}]);
  });
});

test.each([
  ["nothing", undefined, undefined, "application/a2a+json"],
  ["anything", "*/*", undefined, "application/a2a+json"],
  ["JSON", "application/json", undefined, "application/json"],
  ["A2A", "application/a2a+json", "application/json", "application/a2a+json"],
  ["both", "application/a2a+json, application/json", "application/json", "application/a2a+json"],
  ["JSON rather", "application/a2a+json;q=0.5, application/json", undefined, "application/json"],
  ["A2A rather", "application/json;q=0.5, application/a2a+json", undefined, "application/a2a+json"],
  ["no A2A", "application/a2a+json;q=0, application/json;q=0.1", undefined, "application/json"],
  ["anything, and sends JSON", "*/*", "application/json", "application/json"],
  ["anything, and sends A2A", "*/*", "application/a2a+json", "application/a2a+json"],
  ["only a page", "text/html", undefined, "application/a2a+json"],
])("a client that accepts %s gets results and errors in its media type", async (_, accept, given, expected) => {
  const { url } = agents[0]!;
  const headers = { "a2a-version": "1.0", ...(accept && { accept }), ...(given && { "content-type": given }) };
  const ask = (path: string, body: string) =>
    fetch(`${url}/${path}`, given ? { method: "POST", headers, body } : { headers });
  const answers = given
    ? [await ask("message:send", JSON.stringify(textMessage())), await ask("message:send", "{")]
    : [await ask("tasks", ""), await ask("tasks/nope", ""), await ask("message:send", "")];
  expect(answers.map(({ status }) => status)).toEqual(given ? [200, 400] : [200, 404, 405]);
  for (const answer of answers) {
    expect(answer.headers.get("content-type")?.split(";")[0]).toBe(expected);
    expect(answer.headers.get("vary")).toMatch(/\bAccept\b/);
    await answer.text();
  }
});

describe("details of errors are 1.0's; over 0.3", () => {
  const sent = async () => {
    for (const { id } of agents) await post(`/agents/${id}/message:send`, textMessage());
  };
  test("neither the gateway's own errors nor a 1.0 agent's have data", async () => {
    await sent();
    const { id, url } = agents[0]!;
    const nobody = "00000000-0000-4000-8000-000000000000";
    const rpc = (method: string, params: unknown = { id: "t" }) => ({ jsonrpc: "2.0", id: 1, method, params });
    const calls: [path: string, body: unknown][] = [
      [id, rpc("tasks/get", { id: "nope" })],
      [id, rpc("tasks/cancel")],
      [id, rpc("tasks/none")],
      [id, rpc("message/send", {})],
      [id, "{"],
      [id, []],
      [nobody, rpc("tasks/get")],
    ];
    for (const [agentId, body] of calls) {
      const { error } = (await (await post(`/agents/${agentId}`, body)).json()) as any;
      expect([typeof error.code, Object.keys(error)]).toEqual(["number", ["code", "message"]]);
    }
    const stream = await (await post(`/agents/${id}`, rpc("tasks/resubscribe", { id: "nope" }))).text();
    expect(stream).toMatch(/^data: \{"jsonrpc":"2.0","id":1,"error":\{"code":-32001,"message":"[^"]+"\}\}\n\n$/);
    for (const path of ["tasks/nope", "tasks/t/pushNotificationConfigs/nope"]) {
      expect(Object.keys((await (await fetch(`${url}/v1/${path}`)).json()) as object)).toEqual(["code", "message"]);
    }
  });

  test.each(["GetTask", "SendMessage"])(
    "clients of 1.0 have them, also those that state no version (%s)",
    async (method) => {
      await sent();
      for (const headers of [{}, { "a2a-version": "1.0" }, { "a2a-version": "7.0" }]) {
        const body = { jsonrpc: "2.0", id: 1, method, params: method === "GetTask" ? { id: "nope" } : [] };
        const { error } = (await (
          await post(`/agents/${agents[1]!.id}`, body, headers as Record<string, string>)
        ).json()) as any;
        // JSON-RPC's own errors have no reason.
        if (error.code <= -32600) expect(Object.keys(error)).toEqual(["code", "message"]);
        else expect(error.data[0]).toMatchObject({ "@type": ERROR_INFO["@type"], domain: "a2a-protocol.org" });
      }
      const call = { jsonrpc: "2.0", id: 1, method: "CancelTask", params: { id: "t" } };
      const passed = (await (await post(`/agents/${agents[0]!.id}`, call)).json()) as any;
      expect(passed.error).toEqual({ code: -32002, message: "not now", data: [ERROR_INFO] });
    },
  );
});
