import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { HistorySums } from "./history-sums.ts";
import { Ledger, payment, topup } from "./index.ts";

describe.each(testEngines())("sums over an account's history on %s", (engine) => {
  let fixture: TestStorage;
  let ledger: Ledger;
  beforeAll(async () => {
    fixture = await createTestStorage(engine);
    ledger = await Ledger.open({ storage: fixture.storage, clock: systemClock, random: systemRandom, log: silentLog });
  });
  afterAll(async () => {
    await ledger.close();
    await fixture.remove();
  });

  const all = { from: 0n, to: 4_000_000_000_000_000n };
  const trade = (payer: string, receiver: string, amount: bigint, type = "task") =>
    ledger.post({ posting: payment({ type, payer, receiver, amount, fee: amount / 10n, reference: {} }) });
  /** The same, by reading everything. */
  const counted = async (account: string) => {
    const rows = await fixture.storage.db.selectFrom("ledger_journal").selectAll().execute();
    const sums = { payer: new Map<string, bigint[]>(), receiver: new Map<string, bigint[]>() };
    for (const row of rows) {
      for (const party of ["payer", "receiver"] as const) {
        if (row[party] !== account) continue;
        const [count = 0n, amount = 0n, fee = 0n] = sums[party].get(row.type) ?? [];
        sums[party].set(row.type, [count + 1n, amount + row.amount, fee + row.fee]);
      }
    }
    return sums;
  };
  const plain = (sums: Awaited<ReturnType<HistorySums["of"]>>) =>
    new Map([...sums].map(([type, { count, amount, part }]) => [type, [count, amount, part]]));

  test("are what reading everything gives, in however small steps, written down or not, and go on from there", async () => {
    await ledger.post({ posting: topup({ account: "a", amount: 1_000_000n }) });
    for (const stepRows of [1, 3, 5_000]) {
      for (let n = 0; n < 7; n++) await trade("a", "b", BigInt(100 + n), n % 3 ? "task" : "ucp_checkout");
      for (let round = 0; round < 2; round++) {
        const sums = new HistorySums(fixture.storage, stepRows);
        for (const account of ["a", "b", "nobody"]) {
          const expected = await counted(account);
          expect(plain(await sums.of(account, { of: "payer" }))).toEqual(expected.payer);
          expect(plain(await sums.of(account, { of: "receiver" }))).toEqual(expected.receiver);
          const statement = await ledger.queries.statement(account, all);
          const { posted } = await ledger.queries.balance(account);
          expect([statement.opening, statement.closing]).toEqual([0n, posted]);
        }
      }
    }
  });

  test("read what is new alone once they are written down, whoever asks, also at the same time", async () => {
    for (let n = 0; n < 20; n++) await trade("a", "c", 10n);
    const small = () => new HistorySums(fixture.storage, 4);
    const answers = await Promise.all(Array.from({ length: 5 }, () => small().of("c", { of: "receiver" })));
    for (const answer of answers) expect(answer.get("task")).toEqual({ count: 20n, amount: 200n, part: 20n });
    await trade("a", "c", 10n);
    const reading = vi.spyOn(fixture.storage.db, "selectFrom");
    expect((await small().of("c", { of: "receiver" })).get("task")?.count).toBe(21n);
    const steps = reading.mock.calls.filter(([table]) => table === ("ledger_journal" as never)).length;
    expect(steps).toBeLessThanOrEqual(2);
    reading.mockRestore();
  });

  test("a page far down is the page that it is, for each role", async () => {
    for (const role of ["payer", "receiver", "all"] as const) {
      const whole = await ledger.queries.transactions("a", { role, limit: 200, offset: 0 });
      for (const offset of [0, 1, 7, whole.length - 1, whole.length, whole.length + 5]) {
        const page = await ledger.queries.transactions("a", { role, limit: 5, offset });
        expect(page).toEqual(whole.slice(offset, offset + 5));
      }
    }
  });
});
