import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLeases } from "../leases/index.ts";
import { Ledger, LedgerWatch, payment, topup } from "../ledger/index.ts";
import { createTestLedger, type TestLedger } from "../ledger/testing/test-ledger.ts";
import { silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { openStorage, type Storage } from "../storage/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

describe.each(testEngines())("what is in the ledger, on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  const mayAnswer = Promise.withResolvers<void>();
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    agent = await startAgent(({ body }, response) => {
      const answer = () =>
        response.setHeader("content-type", "application/json").end('{"status":{"state":"completed"}}');
      if (body.includes("wait")) void mayAnswer.promise.then(answer);
      else answer();
    });
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });
  const state = async () => (await gate.call("GET", "/admin/ledger/state")).body;

  test("an empty one has nothing in it, and nothing was verified", async () => {
    expect(await state()).toMatchObject({
      ...{ sum: 0, held: 0, reserved: 0, head: { seq: 0 }, verifying: null },
      accounts: ["wallets", "platform", "world"].map((kind) => ({ kind, balance: 0 })),
      checks: [
        { name: "new", seq: 0, row_written_at: null, ended_at: null, problems: [] },
        { name: "all", seq: 0, row_written_at: null, ended_at: null, problems: [] },
      ],
    });
  });

  test("money is told by kinds of accounts that add up, holds beside, and the same head as verifying finds", async () => {
    const [owner, payer] = [await gate.createOrg("owner"), await gate.createOrg("payer")];
    const { id } = await gate.register({ name: "priced", url: agent.url, price_per_task: 0.5 }, owner.key);
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10 });
    const call = (text: string) => gate.call("POST", `/agents/${id}/task`, textTask(text), payer.key);
    expect((await call("hi")).status).toBe(200);
    const waiting = call("wait");
    await expect.poll(async () => (await state()).held).toBe(0.5);
    const { sum, accounts, reserved } = await state();
    expect([sum, reserved]).toEqual([0, 0.5]);
    expect(accounts).toEqual([
      { kind: "wallets", balance: 9.985 },
      { kind: "platform", balance: 0.015 },
      { kind: "world", balance: -10 },
    ]);
    mayAnswer.resolve();
    await waiting;
    const { body: report } = await gate.call("GET", "/admin/ledger/verify");
    expect((await state()).head).toMatchObject(report.head);
    expect((await gate.call("GET", "/admin/ledger/state", undefined, payer.key)).status).toBe(401);
  });
});

describe.each(testEngines())("books that somebody has changed, on %s", (engine) => {
  const pace = { rows: 500, rest: 0, restMsMin: 1, lookMs: 20, everyMicros: 86_400_000_000n };
  let gate: TestGateway;
  let storage: Storage;
  let ledger: Ledger;
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    const { databaseUrl, dataDirectory } = gate.config;
    const world = { clock: systemClock, random: systemRandom, log: silentLog };
    storage = await openStorage({ databaseUrl, dataDirectory, ...world });
    ledger = await Ledger.open({ storage, ...world });
    const deposit = topup({ account: "payer", amount: 1_000_000n });
    await Promise.all(Array.from({ length: 1_200 }, () => ledger.post({ posting: deposit })));
    await sql`update ledger_journal set reference = '{"x":"y"}' where seq = 7`.execute(storage.db);
  });
  afterAll(async () => {
    await ledger.close();
    await storage.close();
    await gate.close();
  });
  const state = async () => (await gate.call("GET", "/admin/ledger/state")).body;
  const problem = { row: 7, account: null, hold: null, message: expect.stringMatching(/hash/) };

  test("are told to whoever verifies them, and how far that is meanwhile", async () => {
    let told: unknown = null;
    for (let attempt = 0; attempt < 50 && told === null; attempt++) {
      const verifying = gate.call("GET", "/admin/ledger/verify");
      for (let isOver = false; told === null && !isOver; ) {
        told = (await state()).verifying;
        isOver = await Promise.race([verifying.then(() => true), new Promise<false>((go) => setImmediate(go, false))]);
      }
      const { body } = await verifying;
      expect([body.ok, body.rows]).toEqual([false, 1_200]);
      expect(body.problems).toContainEqual(problem);
    }
    expect(told).toEqual({ rows: expect.any(Number), of: 1_200 });
  });

  test("are told to whoever looks, once the verification in the background has found it", async () => {
    const leases = openLeases({ storage, clock: systemClock, random: systemRandom, log: silentLog });
    const { audits } = ledger;
    const watched = { storage, leases, clock: systemClock, log: silentLog, audits, now: () => ledger.elapsed, pace };
    const watch = new LedgerWatch(watched);
    watch.start();
    const found = async () => (await state()).checks.find(({ name }: any) => name === "all").problems;
    await expect.poll(found, { timeout: 60_000 }).toContainEqual(problem);
    await watch.close();
    await leases.close();
  });
});

describe.each(testEngines())("what was verified of the ledger, on %s", (engine) => {
  let books: TestLedger;
  beforeAll(async () => {
    books = await createTestLedger(engine);
    await books.ledger.post({ posting: topup({ account: "payer", amount: 1_000_000n }) });
    const posting = payment({ type: "task", payer: "payer", receiver: "owner", amount: 100n, fee: 3n });
    for (let n = 0; n < 1_200; n++) await books.ledger.post({ posting });
  });
  afterAll(() => books.remove());

  test("how far verifying is, while somebody has asked for it", async () => {
    expect(books.ledger.verification).toBe(undefined);
    const verifying = books.ledger.verify();
    const seen: [bigint, bigint][] = [];
    for (let isOver = false; !isOver; ) {
      const { rows, of } = books.ledger.verification ?? {};
      if (rows !== undefined && rows !== seen.at(-1)?.[0]) seen.push([rows, of!]);
      isOver = await Promise.race([verifying.then(() => true), new Promise<false>((go) => setTimeout(go, 1, false))]);
    }
    expect(seen.length).toBeGreaterThan(1);
    expect(new Set(seen.map(([, of]) => of))).toEqual(new Set([1_201n]));
    expect(seen.map(([rows]) => rows)).toEqual(seen.map(([rows]) => rows).toSorted((a, b) => Number(a - b)));
    expect(books.ledger.verification).toBe(undefined);
  });

  test("what the verification in the background found is told by every node, with when it was done", async () => {
    await sql`update ledger_journal set reference = '{"x":"y"}' where seq = 7`.execute(books.fixture.storage.db);
    const { storage } = books.fixture;
    const leases = openLeases({ storage, clock: systemClock, random: systemRandom, log: silentLog });
    const { audits } = books.ledger;
    const pace = { rows: 500, rest: 0, restMsMin: 1, lookMs: 20, everyMicros: 86_400_000_000n };
    const options = {
      storage,
      leases,
      clock: systemClock,
      log: silentLog,
      audits,
      now: () => books.ledger.elapsed,
      pace,
    };
    const watch = new LedgerWatch(options);
    watch.start();
    const other = await Ledger.open({ storage, clock: systemClock, random: systemRandom, log: silentLog });
    const told = async () => (await other.queries.books(other.elapsed)).checks;
    await expect.poll(async () => (await told())[1]!.endedAgo, { timeout: 60_000 }).not.toBeNull();
    const [fresh, all] = await told();
    expect(fresh).toMatchObject({ name: "new", seq: 1_201n, endedAgo: null });
    expect(all).toMatchObject({ name: "all", seq: 1_201n, problems: [{ row: 7n }] });
    expect(all!.createdAt).toBeTypeOf("bigint");
    await watch.close();
    await leases.close();
    await other.close();
  });
});
