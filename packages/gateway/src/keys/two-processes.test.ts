import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, type TestAgent, textTask } from "../testing/index.ts";
import { type TwoProcesses, twoProcesses } from "./testing/two-processes.ts";

/** P22 where nothing but the database is shared. */
describe.each(testEngines())("two processes on %s", (engine) => {
  let gates: TwoProcesses;
  let agent: TestAgent;
  beforeAll(async () => {
    [gates, agent] = await Promise.all([twoProcesses(engine), startAgent()]);
  });
  afterAll(async () => {
    await gates?.stop();
    await agent?.close();
  });

  test("500 calls at once on a key whose budget pays 100: exactly 100 reach the agent, and the books agree", async () => {
    const { call, nodes } = gates;
    const unlimited = { rate_limit: 1e6, rate_burst: 1e6 };
    const org = (await call(nodes[0], "POST", "/orgs/", { name: "Acme", ...unlimited })).body;
    await call(nodes[0], "POST", `/orgs/${org.id}/topup`, { amount: 1000 });
    const priced = { name: "priced", url: agent.url, price_per_task: 1 };
    const { id } = (await call(nodes[0], "POST", "/agents/", priced)).body;
    const bounds = { name: "bounded", scopes: ["tasks:call"], budgets: [{ amount: 100, period: "total" }] };
    const { key, id: keyId } = (await call(nodes[0], "POST", `/orgs/${org.id}/keys`, bounds, org.api_key)).body;

    const calls = Array.from({ length: 500 }, (_, at) =>
      call(nodes[at % 2]!, "POST", `/agents/${id}/task`, textTask("x"), key),
    );
    const replies = Object.groupBy(await Promise.all(calls), ({ status }) => status);
    expect(Object.fromEntries(Object.entries(replies).map(([status, all]) => [status, all!.length]))).toEqual({
      200: 100,
      403: 400,
    });
    expect(new Set(replies[403]!.map(({ body }) => body.code))).toEqual(new Set(["budget_exceeded"]));
    expect(agent.received).toHaveLength(100);

    for (const node of nodes) {
      const { budgets } = (await call(node, "GET", `/orgs/${org.id}/keys/${keyId}`, undefined, org.api_key)).body;
      expect(budgets).toMatchObject([{ amount: 100, spent: 100, held: 0 }]);
      const wallet = (await call(node, "GET", `/orgs/${org.id}/wallet`, undefined, org.api_key)).body;
      expect(wallet).toMatchObject({ balance: 900, held: 0 });
    }
    expect((await call(nodes[1], "GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true, problems: [] });
  });
});
