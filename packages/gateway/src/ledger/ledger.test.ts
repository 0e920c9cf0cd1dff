import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { isUniqueViolation } from "../storage/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { feeOf, type Ledger, payment, platformAccount, topup, worldAccount } from "./index.ts";
import { createTestLedger, type TestLedger } from "./testing/test-ledger.ts";

const dollar = 1_000_000n;

describe.each(testEngines())("the ledger on %s", (engine) => {
  const clock = new ManualClock();
  let books: TestLedger;
  let ledger: Ledger;
  beforeAll(async () => {
    books = await createTestLedger(engine, clock);
    ledger = books.ledger;
  });
  afterAll(() => books?.remove());

  /** Lets a hold of so many seconds lapse. */
  const outlast = (seconds: number) => clock.advance(seconds * 1_000 + 3_000);
  const micros = () => BigInt(clock.now()) * 1000n;
  let wallets = 0;
  const newWallet = async (dollars: bigint) => {
    const account = `org-${++wallets}`;
    if (dollars) await ledger.post({ posting: topup({ account, amount: dollars * dollar }) });
    return account;
  };
  const reserve = (account: string, amount: bigint, { key, seconds = 30 }: { key?: string; seconds?: number } = {}) =>
    ledger.reserve({ account, amount, type: "task", lifetimeMs: seconds * 1000, ...(key && { key }) });
  const task = (payer: string, receiver: string | null, amount: bigint, share = 0.03) =>
    payment({
      ...{ type: "task", payer, receiver, amount, fee: feeOf(amount, share).fee },
      reference: { agent_id: "a-1", agent_name: "echo", task_id: "t-1" },
    });
  const balances = async (...accounts: string[]) =>
    Promise.all(accounts.map(async (account) => (await ledger.queries.balance(account)).posted));
  const refused = (code: string, data: object = {}) =>
    expect.objectContaining({ code, data: expect.objectContaining(data) });

  test("a paid task is one posting: payer −price, owner +net, platform +fee", async () => {
    const [payer, owner] = [await newWallet(1n), await newWallet(0n)];
    const [platform] = await balances(platformAccount);
    const { hold, balance } = await reserve(payer, 100_000n);
    expect(balance).toEqual({ account: payer, posted: dollar, held: 100_000n, available: 900_000n });
    const settled = await ledger.settle(hold.id, { posting: task(payer, owner, 100_000n) });
    expect(settled).toEqual({
      transaction: {
        ...{ id: hold.id, type: "task", payer, receiver: owner, amount: 100_000n, fee: 3_000n, net: 97_000n },
        reference: { agent_id: "a-1", agent_name: "echo", task_id: "t-1" },
        createdAt: expect.any(BigInt),
      },
      balance: { account: payer, posted: 900_000n, held: 0n, available: 900_000n },
      replayed: false,
    });
    expect(await balances(payer, owner, platformAccount)).toEqual([900_000n, 97_000n, platform! + 3_000n]);
    expect(await ledger.queries.transaction(hold.id)).toEqual(settled.transaction);
  });

  test("a payer that calls its own agent pays the fee alone; without an owner the platform keeps all", async () => {
    const payer = await newWallet(1n);
    const own = await reserve(payer, 100_000n);
    await ledger.settle(own.hold.id, { posting: task(payer, payer, 100_000n) });
    expect(await balances(payer)).toEqual([997_000n]);
    const [platform] = await balances(platformAccount);
    const unowned = await reserve(payer, 100_000n);
    await ledger.settle(unowned.hold.id, { posting: task(payer, null, 100_000n) });
    expect(await balances(payer, platformAccount)).toEqual([897_000n, platform! + 100_000n]);
  });

  test("what is held cannot be spent, and a refusal says what is there and what was asked", async () => {
    const payer = await newWallet(1n);
    await reserve(payer, 700_000n);
    await expect(reserve(payer, 300_001n)).rejects.toEqual(
      refused("insufficient_balance", { account: payer, available: 300_000n, required: 300_001n }),
    );
    await expect(ledger.post({ posting: task(payer, null, 300_001n) })).rejects.toEqual(
      refused("insufficient_balance"),
    );
    await reserve(payer, 300_000n);
  });

  test("settling less than was held frees the rest; more is refused", async () => {
    const payer = await newWallet(1n);
    const { hold } = await reserve(payer, 500_000n);
    await expect(ledger.settle(hold.id, { posting: task(payer, null, 500_001n) })).rejects.toEqual(
      refused("settle_exceeds_hold", { held: 500_000n, required: 500_001n }),
    );
    const { balance } = await ledger.settle(hold.id, { posting: task(payer, null, 200_000n) });
    expect(balance).toMatchObject({ posted: 800_000n, held: 0n });
  });

  test("a repetition with the same key changes nothing; with another payload it is refused", async () => {
    const payer = await newWallet(1n);
    const first = await reserve(payer, 400_000n, { key: "call-1" });
    const again = await reserve(payer, 400_000n, { key: "call-1", seconds: 99 });
    expect(again).toEqual({ ...first, replayed: true });
    await expect(reserve(payer, 400_001n, { key: "call-1" })).rejects.toEqual(
      refused("idempotency_mismatch", { key: "call-1" }),
    );
    await expect(ledger.post({ posting: task(payer, null, 1n), key: "call-1" })).rejects.toEqual(
      refused("idempotency_mismatch"),
    );
    const settled = await ledger.settle(first.hold.id, { posting: task(payer, null, 400_000n) });
    expect(await ledger.settle(first.hold.id, { posting: task(payer, null, 400_000n) })).toEqual({
      ...settled,
      replayed: true,
    });
    await expect(ledger.settle(first.hold.id, { posting: task(payer, null, 399_999n) })).rejects.toEqual(
      refused("idempotency_mismatch"),
    );
    expect(await reserve(payer, 400_000n, { key: "call-1" })).toMatchObject({
      hold: { state: "settled" },
      replayed: true,
    });
    expect(await balances(payer)).toEqual([600_000n]);
  });

  test("ten at once with one key are one", async () => {
    const account = await newWallet(0n);
    const posting = topup({ account, amount: dollar });
    const results = await Promise.all(Array.from({ length: 10 }, () => ledger.post({ posting, key: "topup-1" })));
    expect(new Set(results.map(({ transaction }) => transaction.id)).size).toBe(1);
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await balances(account)).toEqual([dollar]);
  });

  test("a refusal is not remembered: the same key may succeed later", async () => {
    const payer = await newWallet(0n);
    await expect(reserve(payer, 1n, { key: "later" })).rejects.toEqual(refused("insufficient_balance"));
    await ledger.post({ posting: topup({ account: payer, amount: 1n }) });
    expect(await reserve(payer, 1n, { key: "later" })).toMatchObject({ replayed: false });
  });

  test("a hold is resolved once, in one way", async () => {
    const payer = await newWallet(1n);
    const [kept, freed] = [await reserve(payer, 1n), await reserve(payer, 1n)];
    await ledger.settle(kept.hold.id, { posting: task(payer, null, 1n) });
    await expect(ledger.release(kept.hold.id)).rejects.toEqual(refused("hold_resolved", { state: "settled" }));
    expect(await ledger.release(freed.hold.id)).toMatchObject({ hold: { state: "released" }, replayed: false });
    expect(await ledger.release(freed.hold.id)).toMatchObject({ hold: { state: "released" }, replayed: true });
    await expect(ledger.settle(freed.hold.id, { posting: task(payer, null, 1n) })).rejects.toEqual(
      refused("hold_resolved", { state: "released" }),
    );
    await expect(ledger.release("never")).rejects.toEqual(refused("hold_not_found", { hold: "never" }));
  });

  test("a hold lapses at its stored deadline, whoever looks: the money is free and a late settle charges nobody", async () => {
    const payer = await newWallet(1n);
    const { hold } = await reserve(payer, dollar, { seconds: 10 });
    await expect(reserve(payer, 1n)).rejects.toEqual(refused("insufficient_balance"));
    outlast(10);
    await expect(ledger.settle(hold.id, { posting: task(payer, null, dollar) })).rejects.toEqual(
      refused("hold_resolved", { state: "expired" }),
    );
    expect(await ledger.release(hold.id)).toMatchObject({ hold: { state: "expired" }, replayed: true });
    expect(await reserve(payer, dollar)).toMatchObject({ balance: { available: 0n } });
  });

  test("what a lapsed hold was for is posted late from what there is, once, under the hold's id", async () => {
    const payer = await newWallet(1n);
    const { hold } = await reserve(payer, dollar, { seconds: 10 });
    outlast(10);
    const posting = task(payer, null, dollar);
    const late = await ledger.settleLate(hold.id, { posting });
    expect(late).toMatchObject({ transaction: { id: hold.id }, balance: { posted: 0n, held: 0n }, replayed: false });
    expect(await ledger.settleLate(hold.id, { posting })).toEqual({ ...late, replayed: true });
    expect(await ledger.queries.transaction(hold.id)).toEqual(late.transaction);
    const poor = await newWallet(1n);
    const { hold: other } = await reserve(poor, dollar, { seconds: 10 });
    outlast(10);
    await ledger.post({ posting: task(poor, null, 1n) });
    await expect(ledger.settleLate(other.id, { posting: task(poor, null, dollar) })).rejects.toEqual(
      refused("insufficient_balance"),
    );
  });

  test("however many holds lapse at once, none of them can be settled", async () => {
    const payer = await newWallet(1n);
    const holds = await Promise.all(Array.from({ length: 150 }, () => reserve(payer, 1n, { seconds: 5 })));
    await reserve(payer, 1n, { seconds: 5, key: "lapsing" });
    outlast(5);
    const last = holds.at(-1)!.hold.id;
    const late = holds.map(({ hold }) => ledger.settle(hold.id, { posting: task(payer, null, 1n) }));
    const answers = await Promise.allSettled(late);
    expect(answers.filter(({ status }) => status === "fulfilled")).toEqual([]);
    expect(await ledger.release(last)).toMatchObject({
      hold: { state: "expired" },
      balance: { posted: dollar, held: 0n },
    });
  });

  test("the sweeper frees lapsed holds that an earlier life of the gateway left behind", async () => {
    const payer = await newWallet(1n);
    for (let n = 0; n < 100; n++) await reserve(payer, 10_000n, { seconds: 5 });
    const restarted = await books.open({ storage: await books.fixture.open() });
    outlast(5);
    const heldASecondLater = async () => {
      clock.advance(1_000);
      return (await restarted.queries.balance(payer)).held;
    };
    await expect.poll(heldASecondLater).toBe(0n);
    expect(await restarted.queries.openHolds(payer)).toEqual([]);
  });

  test("500 at once on a wallet worth 100: exactly 100, through one node and through two (P1)", async () => {
    const other = await books.open({ storage: await books.fixture.open() });
    for (const nodes of [[ledger], [ledger, other]]) {
      const account = await newWallet(1n);
      const request = { account, amount: dollar / 100n, type: "task", lifetimeMs: 30_000 };
      const asked = Array.from({ length: 500 }, (_, n) => nodes[n % nodes.length]!.reserve(request));
      const answers = await Promise.allSettled(asked);
      expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(100);
      const reasons = answers.flatMap((answer) => (answer.status === "rejected" ? answer.reason.code : []));
      expect(reasons).toEqual(Array(400).fill("insufficient_balance"));
      expect(await ledger.queries.balance(account)).toMatchObject({ posted: dollar, held: dollar, available: 0n });
    }
  });

  test("statements alongside are committed with the operation, once, and a failing one fails alone", async () => {
    const { db } = books.fixture.storage;
    const remember = (name: string) => db.insertInto("settings").values({ name, value: "x" }).compile();
    const account = await newWallet(0n);
    const credit = (key: string, name: string) =>
      ledger.post({ posting: topup({ account, amount: 1n }), key, alongside: [remember(name)] });
    await credit("with-1", "outbox-1");
    await credit("with-1", "outbox-1");
    const [failed, ...others] = await Promise.allSettled([
      credit("with-2", "outbox-1"),
      ...Array.from({ length: 20 }, (_, n) => credit(`with-3-${n}`, `outbox-3-${n}`)),
    ]);
    expect(failed).toMatchObject({ status: "rejected", reason: expect.toSatisfy((error) => isUniqueViolation(error)) });
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set(["fulfilled"]));
    const rows = await db.selectFrom("settings").select("name").where("name", "like", "outbox-%").execute();
    expect(rows).toHaveLength(21);
    expect(await balances(account)).toEqual([21n]);
  });

  test.runIf(engine === "postgres")(
    "a payment whose row's place is given a partition meanwhile is made all the same",
    async () => {
      const { storage } = books.fixture;
      const run = (text: string, db: Pick<typeof storage.db, "executeQuery"> = storage.db) =>
        sql.raw(text).execute(db as never);
      await run("create table told (day bigint) partition by range (day)");
      await run("create table told_rest partition of told default");
      const making = await storage.db.startTransaction().execute();
      await run("lock table told_rest in access exclusive mode", making);
      await run("create table told_d1 (like told)", making);
      await run("alter table told attach partition told_d1 for values from (1) to (2)", making);
      const account = await newWallet(0n);
      const { retries } = ledger.load;
      const alongside = [{ sql: "insert into told values (1)", parameters: [] }];
      const paid = ledger.post({ posting: topup({ account, amount: 1n }), key: "told", alongside });
      const waiting = "select 1 from pg_locks where relation = 'told_rest'::regclass and not granted";
      const patience = { timeout: 20_000, interval: 20 };
      const isWaiting = expect.poll(async () => (await run(waiting)).rows.length, patience).toBe(1);
      await isWaiting.finally(() => making.commit().execute());
      await expect.poll(() => ledger.load.retries, patience).toBe(retries + 1);
      clock.advance(100);
      await paid;
      expect((await run("select day from told_d1")).rows).toEqual([{ day: 1n }]);
      expect(await balances(account)).toEqual([1n]);
    },
  );

  test("what can never be right is refused as the caller's mistake", async () => {
    const invalid = refused("invalid_operation");
    const posting = topup({ account: "w", amount: 1n });
    for (const wrong of [
      { ...posting, legs: [{ account: "w", amount: 1n }] },
      { ...posting, amount: -1n },
      { ...posting, fee: 2n },
      { ...posting, type: "" },
      { ...posting, receiver: null },
      { ...posting, legs: [] as const, receiver: "" },
      topup({ account: "w", amount: 10n ** 16n }),
    ]) {
      await expect(ledger.post({ posting: wrong })).rejects.toEqual(invalid);
    }
    await expect(reserve(worldAccount, 1n)).rejects.toEqual(invalid);
    await expect(reserve("w", 0n)).rejects.toEqual(invalid);
  });

  test("a reversal gives everyone back what they gave, once, and only what is still there", async () => {
    const [payer, owner] = [await newWallet(1n), await newWallet(0n)];
    const { transaction } = await ledger.post({ posting: task(payer, owner, 100_000n) });
    const [platform] = await balances(platformAccount);
    const reversal = await ledger.reverse(transaction.id, { type: "refund" });
    expect(reversal.transaction).toMatchObject({ payer: owner, receiver: payer, amount: 100_000n, type: "refund" });
    expect(reversal.transaction.reference).toMatchObject({ agent_id: "a-1", reverses: transaction.id });
    expect(await ledger.reverse(transaction.id, { type: "refund" })).toMatchObject({ replayed: true });
    expect(await balances(payer, owner, platformAccount)).toEqual([dollar, 0n, platform! - 3_000n]);

    const spent = await ledger.post({ posting: task(payer, owner, 100_000n) });
    await ledger.post({ posting: task(owner, null, 1n) });
    await expect(ledger.reverse(spent.transaction.id, { type: "refund" })).rejects.toEqual(
      refused("insufficient_balance"),
    );
    await expect(ledger.reverse("never", { type: "refund" })).rejects.toEqual(refused("invalid_operation"));
  });

  test("a write-off empties a wallet, its holds included", async () => {
    const account = await newWallet(3n);
    await Promise.all(Array.from({ length: 600 }, () => reserve(account, dollar / 600n)));
    expect(await ledger.writeOff(account)).toBe(3n * dollar);
    expect(await ledger.queries.balance(account)).toEqual({ account, posted: 0n, held: 0n, available: 0n });
    expect(await ledger.writeOff(account)).toBe(0n);
  });

  test("transactions are listed newest first, by role, in pages, and summed", async () => {
    const [a, b] = [await newWallet(1n), await newWallet(1n)];
    for (let n = 0; n < 5; n++) await ledger.post({ posting: task(a, b, 10_000n + BigInt(n)) });
    await ledger.post({ posting: task(b, a, 50_000n) });
    await ledger.post({ posting: task(a, a, 20_000n) });
    const list = async (role: "payer" | "receiver" | "all", limit = 50, offset = 0) =>
      (await ledger.queries.transactions(a, { role, limit, offset })).map(({ amount }) => Number(amount));
    expect(await list("payer")).toEqual([20_000, 10_004, 10_003, 10_002, 10_001, 10_000]);
    expect(await list("receiver")).toEqual([20_000, 50_000, 1_000_000]);
    expect(await list("all")).toEqual([20_000, 50_000, 10_004, 10_003, 10_002, 10_001, 10_000, 1_000_000]);
    expect(await list("all", 3, 2)).toEqual([10_004, 10_003, 10_002]);
    expect(await list("all", 3, 100)).toEqual([]);
    expect(await ledger.queries.summary(a, { types: ["task"] })).toEqual({
      spent: 20_000n + 50_010n,
      earned: 48_500n + 19_400n,
      fees: 1_500n + 600n,
      asPayer: 6n,
      asReceiver: 2n,
    });
  });

  test("a statement's opening, lines and closing add up, and months meet without a gap", async () => {
    const [a, b] = [await newWallet(1n), await newWallet(0n)];
    const start = micros();
    const times: bigint[] = [];
    for (let month = 0; month < 3; month++) {
      times.push(micros());
      for (let n = 0; n < 4; n++) await ledger.post({ posting: task(a, b, 10_000n) });
      await ledger.post({ posting: topup({ account: a, amount: 5_000n }) });
      clock.advance(3_600_000);
    }
    const bounds = [...times, micros()];
    let closing = 0n;
    for (let month = 0; month < 3; month++) {
      const period = { from: bounds[month]!, to: bounds[month + 1]! };
      const statement = await ledger.queries.statement(a, period);
      if (month > 0) expect(statement.opening).toBe(closing);
      closing = statement.closing;
      expect(statement.totals.slice(-2)).toEqual([
        { type: "task", count: 4n, credited: 0n, debited: 40_000n },
        expect.objectContaining({ type: "topup" }),
      ]);
      const moved = statement.totals.reduce((sum, { credited, debited }) => sum + credited - debited, 0n);
      expect(statement.opening + moved).toBe(statement.closing);
      const lines = await ledger.queries.statementLines(a, { ...period, limit: 3 });
      const rest = await ledger.queries.statementLines(a, {
        ...period,
        after: lines.at(-1)!.transaction.createdAt,
        limit: 100,
      });
      const all = [...lines, ...rest];
      expect(all.reduce((sum, { change }) => sum + change, statement.opening)).toBe(statement.closing);
      expect(all.at(-1)?.balance).toBe(statement.closing);
    }
    expect(start).toBe(times[0]);
  });

  test("after all of this the books verify", async () => {
    const report = await ledger.verify();
    expect(report).toMatchObject({ ok: true, problems: [] });
    expect(report.rows).toBeGreaterThan(500n);
  });
});
