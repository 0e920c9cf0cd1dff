import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

const unkeepable: [name: string, id: string][] = [
  ["with a NUL", "a\0b"],
  ["with half a character", "a\ud800"],
  ["without an end", "x".repeat(5_000)],
];

/** Ids are the agents' and the callers' own text; what no database could keep is nobody's, whichever database it is. */
describe.each(testEngines())("ids that cannot be kept, on %s", (engine) => {
  let gate: TestGateway;
  let agent: RawAgent;
  let id: string;
  let told: object;
  const errors: unknown[] = [];
  beforeAll(async () => {
    const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => void errors.push(fields) };
    gate = await startTestGateway(engine, {}, log);
    agent = await startRawAgent(({ body }, response) => {
      response.setHeader("content-type", "application/json");
      response.end(rpcResult(body?.id, JSON.stringify(told)));
    });
    id = (await gate.register({ url: agent.url })).id;
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const rpc = async (method: string, params: object) => {
    const body = { jsonrpc: "2.0", id: 1, method, params };
    return (await gate.call("POST", `/agents/${id}`, body, null)).body;
  };
  const message = (more: object = {}) => ({
    message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "hi" }], ...more },
  });

  test.each(unkeepable)("%s, from a caller", async (_, bad) => {
    told = { message: { messageId: "r", role: "ROLE_AGENT", parts: [] } };
    const before = agent.received.length;
    const codes = {
      GetTask: [{ id: bad }, -32001],
      CancelTask: [{ id: bad }, -32001],
      SubscribeToTask: [{ id: bad }, -32001],
      ListTaskPushNotificationConfigs: [{ taskId: bad }, -32001],
      ListTasks: [{ contextId: bad }, -32602],
    } as const;
    for (const [method, [params, code]] of Object.entries(codes)) {
      expect([method, (await rpc(method, params)).error?.code]).toEqual([method, code]);
    }
    expect((await rpc("SendMessage", message({ taskId: bad }))).error.code).toBe(-32001);
    expect((await rpc("SendMessage", message({ contextId: bad }))).error.code).toBe(-32602);
    expect((await rpc("SendMessage", message({ referenceTaskIds: [bad] }))).error.code).toBe(-32001);
    const pageToken = Buffer.from(`1:${bad}`).toString("base64url");
    if (bad.isWellFormed()) expect((await rpc("ListTasks", { pageToken })).error.code).toBe(-32602);
    expect(agent.received).toHaveLength(before);

    told = { task: { id: `task of ${bad.length}`, contextId: "c", status: { state: "TASK_STATE_WORKING" } } };
    const { task } = (await rpc("SendMessage", message())).result;
    const config = { taskId: task.id, id: bad, url: `${agent.url}/hook` };
    expect((await rpc("CreateTaskPushNotificationConfig", config)).error.code).toBe(-32602);
    expect(errors).toEqual([]);
  });

  test.each(unkeepable)("%s, from the agent", async (_, bad) => {
    for (const ids of [
      { id: bad, contextId: "c" },
      { id: "t", contextId: bad },
    ]) {
      told = { task: { ...ids, status: { state: "TASK_STATE_COMPLETED" } } };
      expect((await rpc("SendMessage", message())).error.code).toBe(-32006);
    }
    expect(errors).toEqual([]);
  });

  test("more references than are looked up are refused", async () => {
    const referenceTaskIds = Array.from({ length: 101 }, (_, index) => `somebody's ${index}`);
    expect((await rpc("SendMessage", message({ referenceTaskIds }))).error.code).toBe(-32602);
  });
});
