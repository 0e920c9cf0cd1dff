import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { dumpDatabase } from "../../../../tests/testing/database-dump.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";

/** Who owns what was made with a key that is rotated, taken away, or shown in another way. */
describe.each(testEngines())("owners on %s", (engine) => {
  let gate: TestGateway;
  let agent: ExampleAgent;
  let id: string;
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    agent = await serveExampleAgent();
    const card_url = `${agent.url}/.well-known/agent-card.json`;
    id = (await gate.register({ card_url, agent_api_key: "the-agents-own-key" })).id;
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  type Shown = Record<string, string>;
  const bearer = (key: string): Shown => ({ authorization: `Bearer ${key}` });
  /** An organization shows the agent's key, and its own as the payer's. */
  const payer = (key: string): Shown => ({ ...bearer("the-agents-own-key"), "x-agentgate-payer-key": key });
  const ask = async (shown: Shown, method: string, path: string, body?: unknown) => {
    const response = await fetch(`${gate.url}/agents/${id}${path}`, {
      method,
      headers: { ...shown, "content-type": "application/json", "a2a-version": "1.0" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
  };
  const send = async (shown: Shown, text = "ask", more: object = {}): Promise<any> => {
    const message = { messageId: "m", role: "ROLE_USER", parts: [{ text }], ...more };
    return (await ask(shown, "POST", "/message:send", { message })).body.task;
  };
  /** What each entrance says of a task, to whoever shows this. */
  const seen = async (shown: Shown, taskId: string) => {
    const rpc = (method: string, params: object) => ask(shown, "POST", "", { jsonrpc: "2.0", id: 1, method, params });
    const [rest, current, legacy, list, configs] = await Promise.all([
      ask(shown, "GET", `/tasks/${taskId}`),
      rpc("GetTask", { id: taskId }),
      fetch(`${gate.url}/agents/${id}`, {
        method: "POST",
        headers: { ...shown, "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tasks/get", params: { id: taskId } }),
      }).then((response) => response.json() as any),
      rpc("ListTasks", {}),
      ask(shown, "GET", `/tasks/${taskId}/pushNotificationConfigs`),
    ]);
    const listed = list.body.result?.tasks?.some((task: any) => task.id === taskId) === true;
    const answers = [rest.status === 200, "result" in current.body, "result" in legacy, listed, configs.status === 200];
    expect(new Set(answers).size).toBe(1);
    return answers[0];
  };

  test("a rotated key opens what the old one made; the old one nothing once the rotation is confirmed", async () => {
    const org = await gate.createOrg(`rotating on ${engine}`, { rate_limit: 1e6, rate_burst: 1e6 });
    const before = await send(payer(org.key));
    const { new_api_key: key } = (await gate.call("POST", `/orgs/${org.id}/rotate-key`, undefined, org.key)).body;
    expect([await seen(payer(org.key), before.id), await seen(payer(key), before.id)]).toEqual([true, true]);
    const during = await send(payer(key));
    expect(await seen(payer(org.key), during.id)).toBe(true);
    await gate.call("POST", `/orgs/${org.id}/confirm-rotation`, undefined, key);
    expect((await ask(payer(org.key), "GET", `/tasks/${before.id}`)).status).toBe(401);
    expect([await seen(payer(key), before.id), await seen(payer(key), during.id)]).toEqual([true, true]);
    const { contextId } = before;
    const goneOn = await send(payer(key), "Paris", { taskId: before.id, contextId });
    expect(goneOn).toMatchObject({ id: before.id, status: { state: "TASK_STATE_COMPLETED" } });
    expect(await seen(bearer("the-agents-own-key"), before.id)).toBe(false);
  });

  test("the same organization owns it as bearer and as payer", async () => {
    const org = await gate.createOrg(`owner on ${engine}`, { rate_limit: 1e6, rate_burst: 1e6 });
    const card_url = `${agent.url}/.well-known/agent-card.json`;
    const open = await gate.register({ card_url });
    const path = `/agents/${open.id}`;
    const body = { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "ask" }] } };
    const made = await gate.call("POST", `${path}/message:send`, body, org.key);
    const get = (shown: Shown) =>
      fetch(`${gate.url}${path}/tasks/${made.body.task.id}`, { headers: shown }).then(({ status }) => status);
    expect(await get(bearer(org.key))).toBe(200);
    expect(await get({ "x-agentgate-payer-key": org.key })).toBe(200);
    expect(await get({})).toBe(404);
  });

  test("with an organization go its push configs; its tasks become nobody's, also by name", async () => {
    const org = await gate.createOrg(`leaving on ${engine}`, { rate_limit: 1e6, rate_burst: 1e6 });
    const task = await send(payer(org.key));
    const config = { id: "p", url: "http://127.0.0.1:8999/hook", token: "secret-of-the-org" };
    const configs = `/tasks/${task.id}/pushNotificationConfigs`;
    expect((await ask(payer(org.key), "POST", configs, config)).status).toBe(200);
    const isKept = async () => (await dumpDatabase(gate.config)).a2a_push_configs?.includes(org.id) === true;
    expect(await isKept()).toBe(true);
    expect((await gate.call("DELETE", `/orgs/${org.id}`)).status).toBe(204);
    expect(await isKept()).toBe(false);
    expect((await ask(payer(org.key), "GET", `/tasks/${task.id}`)).status).toBe(401);
    const next = await gate.createOrg(`leaving on ${engine}`, { rate_limit: 1e6, rate_burst: 1e6 });
    for (const shown of [payer(next.key), bearer("the-agents-own-key")]) {
      expect(await seen(shown, task.id)).toBe(false);
      const { contextId } = task;
      const taken = await ask(shown, "POST", "/message:send", {
        message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "hi" }], contextId },
      });
      expect(taken.status).toBe(404);
    }
  });
});
