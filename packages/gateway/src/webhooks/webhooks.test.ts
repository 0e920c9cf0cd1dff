import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

describe.each(testEngines())("webhooks on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    await gate.gateway.start();
    agent = await startAgent();
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  test("a completed task of an agent with a webhook_url is told, signed with the secret that was shown once", async () => {
    const receiver = await startAgent((_, response) => response.end());
    const registered = await gate.register({ name: "told", url: agent.url, webhook_url: `${receiver.url}/hook` });
    const secret: string = registered.webhook_secret;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await gate.call("GET", `/agents/${registered.id}`)).body).not.toHaveProperty("webhook_secret");
    expect((await gate.call("POST", `/agents/${registered.id}/task`, textTask("x", "task-7"))).status).toBe(200);
    await expect.poll(() => receiver.received.length, { timeout: 5_000 }).toBe(1);
    const { path, headers, body } = receiver.received[0]!;
    expect(path).toBe("/hook");
    expect(JSON.parse(body)).toEqual({
      event: "task.completed",
      at: expect.stringMatching(/Z$/),
      org_id: null,
      agent_id: registered.id,
      agent_name: "told",
      task_id: "task-7",
      latency_ms: expect.any(Number),
      price: 0,
      transaction_id: null,
    });
    const [id, at] = [headers["webhook-id"], headers["webhook-timestamp"]];
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    const expected = createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${expected}`);
    expect(headers["x-agentgate-timestamp"]).toBe(at);
    expect(headers["x-agentgate-signature"]).toBe(createHmac("sha256", secret).update(`${at}.${body}`).digest("hex"));
    await receiver.close();
  });
});
