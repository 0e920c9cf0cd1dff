import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

describe.each(testEngines())("what has moved a wallet, on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let owner: { id: string; key: string };
  let payer: { id: string; key: string };
  let agentId: string;
  let mayAnswer = Promise.withResolvers<void>();
  beforeAll(async () => {
    gate = await startTestGateway(engine, { topup: "open" });
    agent = await startAgent(({ body }, response) => {
      const answer = () =>
        response.setHeader("content-type", "application/json").end('{"status":{"state":"completed"}}');
      if (body.includes("wait")) void mayAnswer.promise.then(answer);
      else answer();
    });
    owner = await gate.createOrg("owner", { rate_limit: 1e6, rate_burst: 1e6 });
    payer = await gate.createOrg("payer", { rate_limit: 0.001, rate_burst: 6 });
    agentId = (await gate.register({ name: "priced", url: agent.url, price_per_task: 0.5 }, owner.key)).id;
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10 }, payer.key);
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });
  const task = (text = "hi", id?: string) =>
    gate.call("POST", `/agents/${agentId}/task`, textTask(text, id), payer.key);
  const get = async (path: string, key = payer.key) => (await gate.call("GET", path, undefined, key)).body;

  test("each entry says what it changed and the balance after it, page by page, and which call it was for", async () => {
    for (const id of ["a", "b", "c"]) expect((await task("hi", id)).status).toBe(200);
    const entries: any[] = [];
    for (let next: string | null = ""; next !== null; ) {
      const page: any = await get(`/orgs/${payer.id}/entries?limit=2${next && `&before=${next}`}`);
      expect(page.entries.length).toBeLessThanOrEqual(2);
      entries.push(...page.entries);
      next = page.next;
    }
    expect(entries.map(({ change, balance, transaction }) => [change, balance, transaction.task_id])).toEqual([
      [-0.5, 8.5, "c"],
      [-0.5, 9, "b"],
      [-0.5, 9.5, "a"],
      [10, 10, null],
    ]);
    const seqs = entries.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => b - a));
    const logged = await get(`/agents/${agentId}/logs`, owner.key);
    expect(entries.slice(0, 3).map(({ call_id }) => call_id)).toEqual(logged.map(({ id }: any) => id));
    expect((await get(`/orgs/${owner.id}/entries`, owner.key)).entries[0]).toMatchObject({
      change: 0.485,
      balance: 1.455,
    });
    expect((await gate.call("GET", `/orgs/${payer.id}/entries?before=x`, undefined, payer.key)).status).toBe(422);
  });

  test("what is put aside is listed with when it lapses, and gone when it is settled", async () => {
    const waiting = [task("wait", "w1"), task("wait", "w2")];
    await expect.poll(async () => (await get(`/orgs/${payer.id}/holds`)).entries.length).toBe(2);
    const first = await get(`/orgs/${payer.id}/holds?limit=1`);
    const second = await get(`/orgs/${payer.id}/holds?limit=1&before=${first.next}`);
    const holds = [...first.entries, ...second.entries];
    expect([second.next, new Set(holds.map(({ id }) => id)).size]).toEqual([null, 2]);
    for (const hold of holds) {
      expect(hold).toMatchObject({ amount: 0.5, tx_type: "task" });
      // The call's time, and the margin to settle it.
      expect(hold.lapses_in_ms).toBeGreaterThan(300_000);
      expect(Date.parse(hold.lapses_at) - Date.now() - hold.lapses_in_ms).toBeLessThan(5_000);
    }
    mayAnswer.resolve();
    mayAnswer = Promise.withResolvers();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    expect(await get(`/orgs/${payer.id}/holds`)).toEqual({ entries: [], next: null });
    const { entries } = await get(`/orgs/${payer.id}/entries?limit=2`);
    const calls = entries.map(({ call_id, transaction }: any) => [call_id, transaction.id]).toSorted();
    expect(calls).toEqual(holds.map(({ call_id, id }) => [call_id, id]).toSorted());
  });

  test("limits say how much is left, and how often somebody was refused", async () => {
    const limits = async () => (await get(`/orgs/${payer.id}/limits`)).entries;
    const [before] = [(await limits())[1].tokens];
    expect(before).toBeLessThan(2);
    const statuses = [(await task()).status, (await task()).status, (await task()).status];
    expect(statuses.at(-1)).toBe(429);
    expect(await limits()).toEqual([
      { scope: "owner", rate: 0.001, burst: 6, tokens: null, rejected_1h: 0 },
      {
        scope: "payer",
        rate: 0.001,
        burst: 6,
        tokens: expect.closeTo(0, 0),
        rejected_1h: statuses.filter((one) => one === 429).length,
      },
    ]);
    const key = { name: "k", scopes: ["*"], rate_limit: 2, rate_burst: 3 };
    const { body } = await gate.call("POST", `/orgs/${payer.id}/keys`, key, payer.key);
    const own = await get(`/orgs/${payer.id}/limits`, body.key);
    expect(own.entries[2]).toEqual({ scope: "key", rate: 2, burst: 3, tokens: 3, rejected_1h: 0 });
    gate.clock.skip(3_700_000);
    expect((await limits())[1]).toMatchObject({ rejected_1h: 0, tokens: expect.closeTo(3.7, 0) });
  });
});
