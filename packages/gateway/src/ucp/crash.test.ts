import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, echo, type ServedNode, serveNode, startAgent, type TestAgent } from "../testing/index.ts";
import { paying } from "./testing/shop.ts";

const TASK = "local.agentgate.agent_task";

/** In the middle of the agent's work; when it is paid, and nobody was told. */
const deaths: [string, Record<string, string>][] = [
  ["while the agent works", {}],
  ["after the payment", { AGENTGATE_FAILPOINT: "after-commit-before-ack:2" }],
];

describe.each(testEngines())("a gateway that dies in the middle of a completion on %s", (engine) => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let agent: TestAgent;
  let org: any;
  let agentId: string;
  let survivor: ServedNode | undefined;
  const checkouts: string[] = [];
  /** PostgreSQL has a node that lives on all the while; SQLite has one at a time. */
  const died = engine === "sqlite" ? deaths : deaths.slice(1);
  beforeAll(async () => {
    database = await createDatabase(engine);
    agent = await startAgent((task, response, request) => setTimeout(() => echo(task, response, request), 250));
    if (engine === "postgres") {
      survivor = await serve();
      await setUp(survivor);
    }
    for (const [, env] of died) checkouts.push(await die(env));
    survivor ??= await serve();
  });
  afterAll(async () => {
    survivor!.child.kill("SIGTERM");
    await survivor!.exited;
    await agent.close();
    await database.remove();
  });

  const serve = (env: Record<string, string> = {}) =>
    serveNode({
      AGENTGATE_API_KEY: ADMIN_KEY,
      AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
      AGENTGATE_TOPUP: "open",
      AGENTGATE_SETTLE_MARGIN_MS: "300",
      AGENTGATE_TASK_TIMEOUT_MS: "1200",
      AGENTGATE_DATA_DIR: database.location.dataDirectory,
      ...(database.location.databaseUrl && { DATABASE_URL: database.location.databaseUrl }),
      ...env,
    });
  const call = async (node: ServedNode, method: string, path: string, body?: unknown, key = ADMIN_KEY) => {
    const response = await fetch(node.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as any };
  };

  async function setUp(node: ServedNode): Promise<void> {
    org = (await call(node, "POST", "/orgs/", { name: "Buyer" })).body;
    await call(node, "POST", `/orgs/${org.id}/topup`, { amount: 100 });
    agentId = (await call(node, "POST", "/agents/", { name: "Worker", url: agent.url, price_per_task: 1 })).body.id;
  }

  /** Completes a checkout on a node that dies meanwhile. */
  async function die(env: Record<string, string>): Promise<string> {
    const node = await serve(env);
    if (!org) await setUp(node);
    const line = { item: { id: `agent_${agentId}:task` }, quantity: 1, [TASK]: { message: "x" } };
    const { body } = await call(node, "POST", "/ucp/v1/checkout-sessions", { line_items: [line] }, org.api_key);
    const calls = agent.received.length;
    const path = `/ucp/v1/checkout-sessions/${body.id}/complete`;
    const left = call(node, "POST", path, paying(org.id), org.api_key).catch(() => {});
    if (!env.AGENTGATE_FAILPOINT) {
      while (agent.received.length === calls) await new Promise((resolve) => setTimeout(resolve, 5));
      node.child.kill("SIGKILL");
    }
    expect(await node.exited).toEqual([null, "SIGKILL"]);
    await left;
    return body.id;
  }

  test.each(died.map(([name], index) => [name, index] as const))(
    "%s: it is completed all the same, paid once, and the result is there",
    async (_, index) => {
      const path = `/ucp/v1/checkout-sessions/${checkouts[index]}`;
      const get = async () => (await call(survivor!, "GET", path, undefined, org.api_key)).body;
      await expect.poll(async () => (await get()).status, { timeout: 60_000 }).toMatch(/completed|ready_for_complete/);
      if ((await get()).status === "ready_for_complete") {
        await call(survivor!, "POST", `${path}/complete`, paying(org.id), org.api_key);
      }
      const done = await get();
      expect(done.line_items[0][TASK]).toMatchObject({
        state: "completed",
        result: { artifacts: [{ parts: [{ text: "Echo: x" }] }] },
      });
      const order = (await call(survivor!, "GET", `/ucp/v1/orders/${done.order.id}`, undefined, org.api_key)).body;
      expect(order.line_items[0].status).toBe("fulfilled");
      const paid = (await call(survivor!, "GET", `/orgs/${org.id}/transactions?role=payer&limit=200`)).body;
      const own = paid.filter(({ id }: any) => id === done.line_items[0][TASK].transaction_id);
      expect(own).toHaveLength(1);
    },
    20_000,
  );

  test("nothing was paid twice, no hold stays, and the books agree", async () => {
    await expect
      .poll(async () => (await call(survivor!, "GET", `/orgs/${org.id}/wallet`)).body, { timeout: 60_000 })
      .toMatchObject({ balance: 100 - died.length, held: 0 });
    expect((await call(survivor!, "GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true, problems: [] });
  });
});
