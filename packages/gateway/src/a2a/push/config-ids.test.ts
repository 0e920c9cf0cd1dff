import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../../examples/a2a-agent/serve.ts";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { type RawAgent, rpcResult, startRawAgent } from "../testing/raw-agent.ts";

const WEBHOOK = "http://127.0.0.1:8998/hook";
const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "ask" }] };

let gate: TestGateway;
beforeAll(async () => {
  gate = await startTestGateway();
});
afterAll(() => gate.close());

const rpc = async (url: string, method: string, params: object) => {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "a2a-version": "1.0" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return (await answer.json()) as any;
};

/** What a caller does with a config: it comes with a message or is created, is listed, asked for and deleted by the id then told. */
async function lifeOfConfig(agentId: string, isInline: boolean, named: object) {
  const url = `${gate.url}/agents/${agentId}`;
  const config = { url: WEBHOOK, ...named };
  const configuration = isInline ? { taskPushNotificationConfig: config } : {};
  const { task } = (await rpc(url, "SendMessage", { message, configuration })).result;
  const created = isInline ? {} : await rpc(url, "CreateTaskPushNotificationConfig", { taskId: task.id, ...config });
  const [listed] = (await rpc(url, "ListTaskPushNotificationConfigs", { taskId: task.id })).result.configs;
  if (!isInline) expect(created.result).toEqual(listed);
  expect(listed).toEqual({ ...config, taskId: task.id, id: expect.any(String) });
  const params = { taskId: task.id, id: listed.id };
  expect((await rpc(url, "GetTaskPushNotificationConfig", params)).result).toEqual(listed);
  return {
    taskId: task.id as string,
    delete: async () => {
      expect(await rpc(url, "DeleteTaskPushNotificationConfig", params)).not.toHaveProperty("error");
      expect((await rpc(url, "GetTaskPushNotificationConfig", params)).error.code).toBe(-32001);
    },
  };
}

const lives = [
  ["that comes with a message, unnamed", true, {}],
  ["that comes with a message, named", true, { id: "mine" }],
  ["created unnamed", false, {}],
  ["created with a name", false, { id: "mine" }],
] as const;

describe("an agent of the official SDK", () => {
  let agent: ExampleAgent;
  let id: string;
  beforeAll(async () => {
    agent = await serveExampleAgent({ versions: ["1.0"] });
    id = (await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` })).id;
  });
  afterAll(() => agent.close());

  test.each(lives)("forgets a config %s", async (_, isInline, named) => {
    const life = await lifeOfConfig(id, isInline, named);
    const atAgent = async () =>
      (await rpc(agent.url, "ListTaskPushNotificationConfigs", { taskId: life.taskId })).result.configs ?? [];
    expect(await atAgent()).toHaveLength(1);
    await life.delete();
    expect(await atAgent()).toEqual([]);
  });
});

describe("an agent that names configs itself", () => {
  let agent: RawAgent;
  let id: string;
  let tasks = 0;
  let tellsConfigs = true;
  const kept = new Map<string, { url: string; taskId: string }>();
  const keep = (config: { url: string }, taskId: string) => {
    const named = { ...config, taskId, id: `agents-own-${kept.size + 1}` };
    kept.set(named.id, named);
    return named;
  };
  const answer = (method: string, params: any): object | undefined => {
    switch (method) {
      case "SendMessage": {
        const taskId = `task-${++tasks}`;
        const given = params.configuration?.taskPushNotificationConfig;
        if (given) keep(given, taskId);
        return { task: { id: taskId, contextId: "c", status: { state: "TASK_STATE_WORKING" } } };
      }
      case "CreateTaskPushNotificationConfig":
        return keep(params, params.taskId);
      case "ListTaskPushNotificationConfigs":
        if (!tellsConfigs) return undefined;
        return { configs: [...kept.values()].filter(({ taskId }) => taskId === params.taskId) };
      default:
        kept.delete(params.id);
        return {};
    }
  };
  beforeAll(async () => {
    agent = await startRawAgent(({ body: { id: rpcId, method, params } }, response) => {
      response.setHeader("content-type", "application/json");
      const result = answer(method, params);
      const error = { jsonrpc: "2.0", id: rpcId, error: { code: -32004, message: "Not here" } };
      response.end(result ? rpcResult(rpcId, JSON.stringify(result)) : JSON.stringify(error));
    });
    id = (await gate.register({ url: agent.url })).id;
  });
  afterAll(() => agent.close());
  beforeEach(() => {
    kept.clear();
    tellsConfigs = true;
  });

  test.each(lives)("forgets a config %s", async (_, isInline, named) => {
    const other = keep({ url: "https://other.example/" }, `task-${tasks + 1}`);
    const life = await lifeOfConfig(id, isInline, named);
    expect(kept.size).toBe(2);
    await life.delete();
    expect([...kept.values()]).toEqual([other]);
  });

  test("an older config of the same name goes from the agent", async () => {
    const { taskId } = await lifeOfConfig(id, false, { id: "mine" });
    const again = { taskId, id: "mine", url: WEBHOOK };
    await rpc(`${gate.url}/agents/${id}`, "CreateTaskPushNotificationConfig", again);
    expect(kept.size).toBe(1);
  });

  test("one that does not tell its configs is asked to forget the gateway's name for it", async () => {
    tellsConfigs = false;
    const life = await lifeOfConfig(id, false, { id: "mine" });
    const made = agent.received.findLast(({ body }) => body.method === "CreateTaskPushNotificationConfig")!.body.params;
    await life.delete();
    expect(agent.received.at(-1)!.body).toMatchObject({
      method: "DeleteTaskPushNotificationConfig",
      params: { id: made.id },
    });
  });
});
