import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failPoints } from "../ledger/index.ts";
import { createDatabase, testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, type ServedNode, serveNode, startAgent, type TestAgent, textTask } from "../testing/index.ts";

describe.each(testEngines())("a gateway that dies in the middle of paid work on %s", (engine) => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let agent: TestAgent;
  const cases = new Map<string, { org: any; agentId: string }>();
  beforeAll(async () => {
    database = await createDatabase(engine);
    agent = await startAgent();
    const node = await serve();
    for (const point of failPoints) {
      const org = (await call(node, "POST", "/orgs/", { name: `payer-${point}` })).body;
      await call(node, "POST", `/orgs/${org.id}/topup`, { amount: 100 });
      const { id } = (await call(node, "POST", "/agents/", { name: point, url: agent.url, price_per_task: 1 })).body;
      cases.set(point, { org, agentId: id });
    }
    node.child.kill("SIGTERM");
    await node.exited;
  });
  afterAll(async () => {
    await agent.close();
    await database.remove();
  });

  const serve = (env: Record<string, string> = {}) =>
    serveNode({
      AGENTGATE_API_KEY: ADMIN_KEY,
      AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
      AGENTGATE_RATE_LIMIT: "1000000",
      AGENTGATE_SETTLE_MARGIN_MS: "300",
      AGENTGATE_TASK_TIMEOUT_MS: "500",
      AGENTGATE_DATA_DIR: database.location.dataDirectory,
      ...(database.location.databaseUrl && { DATABASE_URL: database.location.databaseUrl }),
      ...env,
    });
  const call = async (node: ServedNode, method: string, path: string, body?: unknown, key = ADMIN_KEY, more = {}) => {
    const response = await fetch(node.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as any };
  };

  test.each(failPoints)(
    "at %s: what was answered is there, nothing is charged twice, no hold stays, the books agree",
    async (point) => {
      const { org, agentId: id } = cases.get(point)!;
      let node = await serve({ AGENTGATE_FAILPOINT: `${point}:6` });
      const charged: string[] = [];
      const unknown: string[] = [];
      for (let n = 0; node.child.signalCode === null && n < 60; n++) {
        const key = `${point}-${n}`;
        const send = () =>
          call(node, "POST", `/agents/${id}/task`, textTask("x", key), org.api_key, { "idempotency-key": key });
        const reply = await send().catch(() => undefined);
        // What a node answers in its last moments, or too late for its own deadline, says nothing of what was done.
        if (reply?.status !== 200) unknown.push(key);
        // An answer that came when its hold had lapsed is nobody's debt.
        else if (reply.body.ucp.transaction_id !== null) charged.push(reply.body.ucp.transaction_id);
      }
      expect(await node.exited).toEqual([null, "SIGKILL"]);

      node = await serve({ AGENTGATE_SETTLE_MARGIN_MS: "300000", AGENTGATE_TASK_TIMEOUT_MS: "300000" });
      await expect.poll(async () => (await call(node, "GET", `/orgs/${org.id}/wallet`)).body.held).toBe(0);
      // The caller repeats what it does not know, with the same key, until it is answered.
      for (const key of unknown) {
        const again = () =>
          call(node, "POST", `/agents/${id}/task`, textTask("x", key), org.api_key, { "idempotency-key": key });
        const answers: Awaited<ReturnType<typeof again>>[] = [];
        const answered = async () => {
          answers.push(await again());
          return answers.at(-1)!.status;
        };
        await expect.poll(answered).toBe(200);
        const { transaction_id } = answers.at(-1)!.body.ucp;
        if (transaction_id !== null) charged.push(transaction_id);
      }
      const tasks = (await call(node, "GET", `/orgs/${org.id}/transactions?role=payer&limit=200`)).body;
      expect(tasks.map((task: any) => task.id).sort()).toEqual(charged.sort());
      expect(new Set(tasks.map((task: any) => task.task_id)).size).toBe(tasks.length);
      expect((await call(node, "GET", `/orgs/${org.id}/wallet`)).body).toMatchObject({
        balance: 100 - tasks.length,
        held: 0,
      });
      const months = Map.groupBy<string, any>(tasks, (task) => task.created_at.slice(0, 7));
      for (const [month, { length }] of months) {
        const statement = (await call(node, "GET", `/orgs/${org.id}/statement?month=${month}`)).body;
        expect(statement.reconciliation).toEqual({ ledger_tasks: length, logged_tasks: length, reconciled: true });
      }
      const logged = (await call(node, "GET", `/agents/${id}/logs?limit=200`)).body;
      expect(logged.filter(({ status }: any) => status === "success")).toHaveLength(tasks.length);
      expect((await call(node, "GET", `/agents/${id}/usage`)).body.total_invocations).toBe(logged.length);
      expect((await call(node, "GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true, problems: [] });
      node.child.kill("SIGTERM");
      await node.exited;
    },
  );
});
