import { expect, test } from "vitest";
import { testEngines } from "../packages/gateway/src/storage/testing/index.ts";
import { startAgent, startTestGateway, type TestGateway, textTask } from "../packages/gateway/src/testing/index.ts";

const TASKS = 5_000;
const CALLERS = 64;
/** Every fifth task goes to the agent that has a price. */
const isPaid = (n: number) => n % 5 === 0;
const PRICE = 0.003;

async function allLogs(gate: TestGateway, agentId: string): Promise<{ id: string; task_id: string; status: string }[]> {
  const rows = [];
  for (let offset = 0; ; offset += 200) {
    const { body } = await gate.call("GET", `/agents/${agentId}/logs?limit=200&offset=${offset}`);
    rows.push(...body);
    if (body.length < 200) return rows;
  }
}

test.each(testEngines())(
  "5,000 tasks from 64 callers on %s: none lost, one log row each, every payment booked once",
  { timeout: 900_000 },
  async (engine) => {
    const gate = await startTestGateway(engine);
    const agent = await startAgent();
    const limits = { rate_limit: 1e6, rate_burst: 1e6 };
    const owner = await gate.createOrg("owner", limits);
    const payer = await gate.createOrg("payer", limits);
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 100 });
    const free = (await gate.register({ name: "free", url: agent.url })).id;
    const paid = (await gate.register({ name: "paid", url: agent.url, price_per_task: PRICE }, owner.key)).id;

    const answers = new Map<string, string>();
    const refused: string[] = [];
    let next = 0;
    const caller = async () => {
      for (let n = next++; n < TASKS; n = next++) {
        const taskId = `task-${n}`;
        const agentId = isPaid(n) ? paid : free;
        const { status, body } = await gate.call(
          "POST",
          `/agents/${agentId}/task`,
          textTask(taskId, taskId),
          payer.key,
        );
        if (status !== 200) refused.push(`${taskId}: ${status} ${JSON.stringify(body)}`);
        const { id, artifacts } = isPaid(n) ? body.result : body;
        answers.set(id, artifacts[0].parts[0].text);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));

    const ids = Array.from({ length: TASKS }, (_, n) => `task-${n}`);
    const paidIds = ids.filter((_, n) => isPaid(n));
    expect(refused).toEqual([]);
    expect(ids.filter((id) => answers.get(id) !== `Echo: ${id}`)).toEqual([]);
    expect(agent.received).toHaveLength(TASKS);

    const [freeLogs, paidLogs] = [await allLogs(gate, free), await allLogs(gate, paid)];
    const logged = [...freeLogs, ...paidLogs];
    expect(logged.every(({ status }) => status === "success")).toBe(true);
    expect(new Set(logged.map(({ id }) => id)).size).toBe(TASKS);
    expect(logged.map(({ task_id }) => task_id).sort()).toEqual([...ids].sort());
    expect(paidLogs.map(({ task_id }) => task_id).sort()).toEqual([...paidIds].sort());
    const usage = (await gate.call("GET", `/agents/${free}/usage`)).body;
    expect(usage).toMatchObject({ total_invocations: TASKS - paidIds.length, total_errors: 0 });

    const summary = (await gate.call("GET", `/orgs/${payer.id}/transactions/summary`)).body;
    expect(summary).toMatchObject({ total_spent: 3, transactions_as_payer: paidIds.length, balance: 97 });
    expect((await gate.call("GET", `/orgs/${payer.id}/wallet`)).body).toMatchObject({ balance: 97, held: 0 });
    expect((await gate.call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true, open_holds: 0 });
    const metrics = (await gate.call("GET", "/metrics")).body;
    expect(metrics).toMatchObject({ total_requests: TASKS, total_errors: 0 });
    await gate.close();
    await agent.close();
  },
);
