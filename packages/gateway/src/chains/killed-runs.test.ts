import { expect, onTestFinished, test } from "vitest";
import { createDatabase } from "../storage/testing/index.ts";
import { ADMIN_KEY, echo, startAgent } from "../testing/index.ts";
import { type ServedNode, serveNode } from "../testing/served-node.ts";

test("a node that is killed between two steps: the run goes on under its key, and no step is paid twice", async () => {
  const database = await createDatabase("sqlite");
  const { dataDirectory } = database.location;
  const start = () =>
    serveNode({
      AGENTGATE_DATA_DIR: dataDirectory,
      AGENTGATE_API_KEY: ADMIN_KEY,
      AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
      AGENTGATE_TOPUP: "open",
      AGENTGATE_TASK_TIMEOUT_MS: "300",
      AGENTGATE_SETTLE_MARGIN_MS: "100",
    });
  let node: ServedNode = await start();
  onTestFinished(() => void node.child.kill("SIGKILL"));
  let kills = true;
  const first = await startAgent();
  const second = await startAgent((task, response, request) => {
    if (!kills) return echo(task, response, request);
    kills = false;
    return void node.child.kill("SIGKILL");
  });
  const call = async (method: string, path: string, body: unknown, key: string, headers = {}) => {
    const response = await fetch(node.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as any };
  };
  const org = (await call("POST", "/orgs/", { name: "payer" }, ADMIN_KEY)).body;
  await call("POST", `/orgs/${org.id}/topup`, { amount: 10 }, ADMIN_KEY);
  const register = async (name: string, url: string) =>
    (await call("POST", "/agents/", { name, url, price_per_task: 1 }, ADMIN_KEY)).body.id;
  const steps = [
    { agent_id: await register("first", first.url) },
    { agent_id: await register("second", second.url) },
    { agent_id: await register("third", first.url) },
  ];
  const chain = (await call("POST", "/chains/", { name: "c", steps }, org.api_key)).body;
  const run = () => call("POST", `/chains/${chain.id}/run`, { input: "x" }, org.api_key, { "idempotency-key": "k" });
  await expect(run()).rejects.toThrow();
  await node.exited;
  node = await start();
  let answer = await run();
  for (let n = 0; answer.status === 409 && n < 100; n++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer = await run();
  }
  expect(answer).toMatchObject({ status: 200, body: { status: "success", final_output: "Echo: Echo: Echo: x" } });
  expect(first.received).toHaveLength(2);
  const { body: wallet } = await call("GET", `/orgs/${org.id}/wallet`, undefined, ADMIN_KEY);
  expect(wallet.balance).toBe(7);
  const { body: paid } = await call("GET", `/orgs/${org.id}/transactions?role=payer`, undefined, ADMIN_KEY);
  expect(paid).toHaveLength(3);
  node.child.kill("SIGTERM");
  await node.exited;
  await first.close();
  await second.close();
  await database.remove();
});
