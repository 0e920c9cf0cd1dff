import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { silentLog, systemClock } from "../runtime/index.ts";
import { openStorage, type Storage } from "../storage/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

/** Whatever made a hold lapse, or a key's lease end, while its agent was at work: the work is paid once, or not handed out. */
describe.each(testEngines())("a hold that lapses while the agent works, on %s", (engine) => {
  let gate: TestGateway;
  let storage: Storage;
  let agent: TestAgent;
  let agentId: string;
  let owner: { id: string };
  let waiting: (() => void)[] = [];
  let payer: { id: string; key: string };
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    storage = await openStorage({ ...gate.config, clock: systemClock, log: silentLog });
    agent = await startAgent((_, response) => {
      response.setHeader("content-type", "application/json");
      waiting.push(() => response.end('{"done":true}'));
    });
    owner = await gate.createOrg("owner");
    agentId = (await gate.register({ name: "slow", url: agent.url, price_per_task: 1, org_id: owner.id })).id;
  });
  afterAll(async () => {
    await storage?.close();
    await gate?.close();
    await agent?.close();
  });
  let orgs = 0;
  beforeEach(async () => {
    waiting = [];
    payer = await gate.createOrg(`payer-${orgs++}`);
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1.5 });
  });

  const ask = async (headers: Record<string, string> = {}, path = "task") => {
    const response = await fetch(`${gate.url}/agents/${agentId}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${payer.key}`, ...headers },
      body: JSON.stringify(textTask("x")),
    });
    const text = await response.text();
    return { status: response.status, text, body: text.startsWith("{") ? JSON.parse(text) : undefined, response };
  };
  const atWork = (count: number) => expect.poll(() => waiting.length).toBe(count);
  const balance = async () => (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body.balance;
  const logged = async () => (await gate.call("GET", `/agents/${agentId}/logs?limit=1`)).body[0].error_detail;
  /** As a node whose monotonic clock runs away would, or this one when it was stopped while others went on. */
  const lapse = async () => {
    await sql`update ledger_head set elapsed = elapsed + 86400000000`.execute(storage.db);
    await expect.poll(async () => (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body.held).toBe(0);
  };
  const verified = async () =>
    expect((await gate.call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true });

  test.each(["task", "task/stream"])("is paid all the same, by %s", async (path) => {
    const answer = ask({}, path);
    await atWork(1);
    await lapse();
    waiting[0]!();
    expect(await answer).toMatchObject({
      status: 200,
      text: expect.stringMatching(/"transaction_id":"[0-9a-f-]{36}"/),
    });
    expect(await balance()).toBe(0.5);
    await verified();
  });

  test("is not handed out when the money is gone meanwhile", async () => {
    const answer = ask();
    await atWork(1);
    await lapse();
    const other = ask();
    await atWork(2);
    waiting[1]!();
    expect(await other).toMatchObject({ status: 200 });
    waiting[0]!();
    expect(await answer).toMatchObject({
      status: 402,
      body: { detail: expect.stringContaining("Insufficient balance: 0.5") },
    });
    expect(await balance()).toBe(0.5);
    expect(await logged()).toBe("insufficient_balance");
    await verified();
  });

  test.each([
    ["before", [0, 1]],
    ["after", [1, 0]],
  ])("a key that was taken over pays once, also when the first one answers %s the second", async (_, order) => {
    const key = { "idempotency-key": `k-${order}` };
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1 });
    const first = ask(key);
    await atWork(1);
    await sql`update idempotency set lease_until = 0`.execute(storage.db);
    const second = ask(key);
    await atWork(2);
    for (const which of order) {
      waiting[which]!();
      await [first, second][which];
    }
    expect(await first).toMatchObject({ status: 409, body: { code: "idempotency_taken_over" } });
    expect(await second).toMatchObject({ status: 200, body: { result: { done: true } } });
    expect(await balance()).toBe(1.5);
    expect((await gate.call("GET", `/orgs/${payer.id}/wallet`)).body.held).toBe(0);
    const replay = await ask(key);
    expect(replay.response.headers.get("idempotency-replayed")).toBe("true");
    expect(replay.text).toBe((await second).text);
    await verified();
  });

  test("a key whose hold has lapsed, too, pays once", async () => {
    const key = { "idempotency-key": "lapsed" };
    const first = ask(key);
    await atWork(1);
    await lapse();
    await sql`update idempotency set lease_until = 0`.execute(storage.db);
    const second = ask(key);
    await atWork(2);
    waiting[1]!();
    expect(await second).toMatchObject({ status: 200 });
    waiting[0]!();
    expect((await first).status).toBe(402);
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 5 });
    expect(await balance()).toBe(5.5);
  });

  test("the late one of a key does not pay even when there is money", async () => {
    const key = { "idempotency-key": "rich" };
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 5 });
    const first = ask(key);
    await atWork(1);
    await lapse();
    await sql`update idempotency set lease_until = 0`.execute(storage.db);
    const second = ask(key);
    await atWork(2);
    waiting[1]!();
    expect(await second).toMatchObject({ status: 200 });
    waiting[0]!();
    expect(await first).toMatchObject({ status: 409, body: { code: "idempotency_taken_over" } });
    expect(await balance()).toBe(5.5);
    await verified();
  });
});
