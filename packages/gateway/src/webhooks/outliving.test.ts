import { verifyWebhook } from "@agentgate/client/webhooks";
import { freePort } from "@agentgate/testing";
import { expect, test } from "vitest";
import { createDatabase, testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, serveNode, startAgent, startTestGateway, textTask } from "../testing/index.ts";
import { idsIn, misdeeds, startReceiver } from "./testing/receiver.ts";

const post = async (url: string, body: object) =>
  (
    await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    })
  ).json() as any;

/** Nothing is lost with a node that is killed after a task was written down: another goes on, under the same ids. */
test.each(testEngines())("kill -9 between an event and its delivery on %s loses nothing", async (engine) => {
  const database = await createDatabase(engine);
  const { dataDirectory, databaseUrl } = database.location;
  const env = {
    AGENTGATE_DATA_DIR: dataDirectory,
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    AGENTGATE_API_KEY: ADMIN_KEY,
    AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
  };
  const agent = await startAgent();
  const receiver = await startReceiver();
  receiver.otherwise = misdeeds.hangs;
  const first = await serveNode(env);
  const secrets = new Map<string, string>();
  // Of one the first delivery is under way at the kill, the other's receiver is not even there.
  const away = await freePort();
  const agents = [];
  for (const url of [receiver.url, `http://127.0.0.1:${away}`]) {
    const made = await post(`${first.url}/agents/`, { name: "a", url: agent.url, webhook_url: url });
    secrets.set(made.id, made.webhook_secret);
    agents.push(made.id);
  }
  for (const id of agents)
    for (let n = 0; n < 2; n++) await post(`${first.url}/agents/${id}/task`, textTask("x", `t${n}`));
  await expect.poll(() => receiver.received.length).toBe(2);
  const begun = idsIn(receiver);
  first.child.kill("SIGKILL");
  await first.exited;
  receiver.otherwise = misdeeds.status(204);
  const late = await startReceiver(away);
  const second = await serveNode(env);
  for (const one of [receiver, late]) await expect.poll(() => new Set(idsIn(one)).size, { timeout: 60_000 }).toBe(2);
  await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(4);
  expect(idsIn(receiver).slice(2).sort()).toEqual(begun.sort());
  for (const { body, headers } of [...receiver.received, ...late.received]) {
    const told = await verifyWebhook(body, headers, secrets.get(JSON.parse(body).agent_id)!);
    expect(told).toMatchObject({ event: "task.completed", task_id: expect.stringMatching(/^t\d$/) });
  }
  second.child.kill("SIGTERM");
  await second.exited;
  await Promise.all([agent.close(), receiver.close(), late.close()]);
  await database.remove();
});

test.each(testEngines())(
  "two nodes on %s share what waits, and deliver nothing twice while both live",
  async (engine) => {
    // Nothing is delivered before all is written: one node does not begin until it is told to.
    const gate = await startTestGateway(engine);
    const other = await gate.another();
    const agent = await startAgent();
    const receiver = await startReceiver();
    const { key } = await gate.createOrg("org", { tier: "enterprise", rate_limit: 1e6, rate_burst: 1e6 });
    const { id } = await gate.register({ name: "a", url: agent.url, webhook_url: receiver.url }, key);
    await gate.call("POST", "/webhooks/endpoints", { url: receiver.url, events: ["task.completed"] }, key);
    const call = (n: number) => [gate, other][n % 2]!.call("POST", `/agents/${id}/task`, textTask("x", `t${n}`), key);
    for (let n = 0; n < 30; n += 10) await Promise.all(Array.from({ length: 10 }, (_, at) => call(n + at)));
    await gate.call("GET", `/agents/${id}/logs`);
    for (const { gateway } of [gate, other]) await gateway.start();
    for (let n = 30; n < 50; n += 10) await Promise.all(Array.from({ length: 10 }, (_, at) => call(n + at)));
    await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBe(100);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(receiver.received.length).toBe(100);
    expect(new Set(idsIn(receiver)).size).toBe(100);
    const { body } = await gate.call("GET", "/webhooks/deliveries?status=delivered&limit=500", undefined, key);
    expect(body.entries).toHaveLength(100);
    expect(body.entries.every(({ attempt_count }: any) => attempt_count === 1)).toBe(true);
    await gate.close();
    await Promise.all([agent.close(), receiver.close()]);
  },
);
