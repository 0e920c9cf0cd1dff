import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ManualClock, SeededRandom, silentLog } from "../../runtime/index.ts";
import { testEngines } from "../../storage/testing/index.ts";
import { Ledger, payment, topup } from "../index.ts";
import type { LedgerQueries } from "../ledger-queries.ts";
import { MemoryStore } from "../testing/memory-store.ts";
import { createTestLedger, type TestLedger } from "../testing/test-ledger.ts";
import { OpenHolds } from "./open-holds.ts";
import { TemporaryShelf } from "./temporary-shelf.ts";
import { verifyBooks } from "./verify.ts";

/** Books in memory, with many holds open at once. */
async function books(): Promise<MemoryStore> {
  const store = new MemoryStore();
  const random = new SeededRandom(5);
  const options = { store, clock: new ManualClock(), random, log: silentLog };
  const ledger = new Ledger(options, undefined as unknown as LedgerQueries);
  const open: string[] = [];
  for (const account of ["a", "b", "c"]) await ledger.post({ posting: topup({ account, amount: 100_000n }) });
  for (let n = 0; n < 120; n++) {
    const payer = ["a", "b", "c"][n % 3]!;
    const { hold } = await ledger.reserve({ account: payer, amount: 10n, type: "task", lifetimeMs: 600_000 });
    open.push(`${hold.id} ${payer}`);
    if (n % 4 === 0) continue;
    const [[id, account] = []] = open
      .splice(Math.floor(random.fraction() * open.length), 1)
      .map((one) => one.split(" "));
    const posting = payment({ type: "task", payer: account!, receiver: "owner", amount: 10n, fee: 1n });
    if (n % 4 === 1) await ledger.release(id!);
    else await ledger.settle(id!, { posting });
  }
  await ledger.close();
  return store;
}

/** What may be wrong, and what is wrong then. */
const tampering: [string, (store: MemoryStore) => unknown][] = [
  ["nothing", () => {}],
  ["a hash", ({ rows }) => rows.splice(77, 1, { ...rows[77]!, hash: "0" })],
  ["an amount held", ({ rows }) => rows.splice(50, 1, { ...rows[50]!, amount: 10_000_000n })],
  [
    "a row that is gone",
    ({ rows, entries }) => {
      const [gone] = rows.splice(100, 1);
      const first = entries.findIndex(({ seq }) => seq === gone!.seq);
      entries.splice(first, entries.filter(({ seq }) => seq === gone!.seq).length);
    },
  ],
  ["a hold that is opened twice", ({ rows }) => rows.splice(60, 1, { ...rows[60]!, step: "reserve", id: rows[3]!.id })],
  ["an entry", ({ entries }) => entries.splice(40, 1, { ...entries[40]!, amount: 1n })],
  ["a balance", ({ entries }) => entries.splice(41, 1, { ...entries[41]!, balance: -5n })],
  ["an account", ({ accounts }) => accounts.set("a", { id: "a", posted: 1n, held: 2n })],
  ["an account that is gone", ({ accounts }) => accounts.delete("owner")],
  ["a hold that is gone", ({ holds }) => holds.delete([...holds.keys()][7]!)],
  ["a hold that was made up", ({ holds }) => holds.set("x", { ...[...holds.values()][0]!, id: "x" })],
  ["the head", (store) => Object.assign(store, { head: { ...store.head, reserved: 1n } })],
];

test.each(tampering)(
  "with %s wrong the same is found in pages of any size, with any number of holds in memory",
  async (_, change) => {
    const store = await books();
    change(store);
    const whole = await verifyBooks({ books: store.books, pageRows: 10_000 });
    expect(whole.ok).toBe(change === tampering[0]![1]);
    for (const [pageRows, holdsMax] of [
      [1, 0],
      [2, 5],
      [7, 1],
      [64, 3],
    ] as const) {
      expect(await verifyBooks({ books: store.books, pageRows, holdsMax })).toEqual(whole);
    }
  },
);

test("open holds that are put aside are found again, also with more of them than stay in memory", async () => {
  const shelf = new TemporaryShelf();
  const holds = new OpenHolds(shelf, { isShelfEmpty: true, held: 0n });
  const breathe = vi.fn(async () => {});
  const hold = (n: number) => ({ id: `h${n}`, account: `a${n % 7}`, amount: 2n ** 40n, expires_at: 2n ** 62n });
  for (let n = 0; n < 3_000; n++) holds.open(hold(n));
  await shelf.put(holds, breathe);
  expect([holds.changed, breathe.mock.calls.length]).toEqual([0, 6]);
  await holds.prepare(["h1", "h8", "none"], ["a1", "none"]);
  expect([holds.get("h1"), holds.get("none"), holds.heldOf("none")]).toEqual([hold(1), undefined, 0n]);
  holds.resolve(holds.get("h8")!);
  expect([holds.get("h8"), holds.heldOf("a1"), holds.held]).toEqual([undefined, 428n * 2n ** 40n, 2_999n * 2n ** 40n]);
  await shelf.put(holds, breathe);
  await holds.prepare(["h8"], ["a1"]);
  expect([holds.get("h8"), holds.heldOf("a1")]).toEqual([undefined, 428n * 2n ** 40n]);
  const first = await holds.idsAfter("", 2_000);
  const rest = await holds.idsAfter(first.next!, 2_000);
  expect([first.ids.length + rest.ids.length, rest.next]).toEqual([2_999, undefined]);
  shelf.close();
});

test("who asks while all is verified shares the walk", async () => {
  const store = await books();
  const options = { store, clock: new ManualClock(), random: new SeededRandom(1), log: silentLog };
  const ledger = new Ledger(options, undefined as unknown as LedgerQueries);
  const head = vi.spyOn(store.books, "head");
  const reports = await Promise.all([ledger.verify(), ledger.verify(), ledger.verify()]);
  expect(new Set(reports).size).toBe(1);
  expect(head).toHaveBeenCalledOnce();
  expect(await ledger.verify()).toEqual(reports[0]);
});

describe.each(testEngines())("sums of histories on %s", (engine) => {
  let ledgers: TestLedger;
  beforeAll(async () => {
    ledgers = await createTestLedger(engine);
    const { ledger } = ledgers;
    await ledger.post({ posting: topup({ account: "a", amount: 1_000_000n }) });
    for (let n = 0; n < 1_100; n += 50) {
      const posting = payment({ type: "task", payer: "a", receiver: "b", amount: 10n, fee: 1n });
      await Promise.all(Array.from({ length: 50 }, () => ledger.post({ posting })));
    }
  });
  beforeEach(async () => {
    const { db } = ledgers.fixture.storage;
    await sql`delete from ledger_sums`.execute(db);
    // What is summed is written down.
    await ledgers.ledger.queries.summary("a");
    await ledgers.ledger.queries.statement("b", { from: 0n, to: 4_000_000_000_000_000n });
  });
  afterAll(() => ledgers.remove());

  test("are verified", async () => {
    const { db } = ledgers.fixture.storage;
    const rows = await db.selectFrom("ledger_sums").select(["account", "span"]).orderBy("account").execute();
    expect(rows).toEqual([
      { account: "a", span: "payer" },
      { account: "b", span: "0-4000000000000000" },
    ]);
    // What comes later is none of what was written down.
    await ledgers.ledger.post({ posting: payment({ type: "late", payer: "a", receiver: "b", amount: 10n, fee: 1n }) });
    expect(await ledgers.ledger.verify()).toMatchObject({ ok: true });
  });

  test.each([
    ["update ledger_sums set sums = replace(sums, '1', '2') where account = 'a'", "a", "are not what the journal says"],
    ["update ledger_sums set until = until - 1 where account = 'b'", "b", "are not what the journal says"],
    ["update ledger_sums set sums = '[]' where account = 'b'", "b", "are not what the journal says"],
    ["update ledger_sums set sums = 'x' where account = 'a'", "a", "make no sense"],
    ["update ledger_sums set span = 'x' where account = 'a'", "a", "make no sense"],
  ])("that were changed are named: %s", async (change, account, message) => {
    await sql.raw(change).execute(ledgers.fixture.storage.db);
    const { problems } = await ledgers.ledger.verify();
    expect(problems).toEqual([{ account, message: expect.stringContaining(message) }]);
  });
});
