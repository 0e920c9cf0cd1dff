import { expect, test } from "vitest";
import { openLeases } from "../leases/index.ts";
import { ManualClock, silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { openStorage } from "../storage/index.ts";
import { createDatabase, testEngines } from "../storage/testing/index.ts";
import { Ledger, LedgerWatch, payment, topup } from "./index.ts";
import { openExplain, wholeReads } from "./testing/plans.ts";

/** Read in the order of an index, and no further than the few rows that are asked for. */
const isBounded = (sql: string, line: string) => /\blimit\b/.test(sql) && /USING (COVERING )?INDEX/.test(line);

test.each(testEngines())("no statement of the ledger reads a whole table on %s", async (engine) => {
  const database = await createDatabase(engine);
  const clock = new ManualClock();
  const seen = new Set<string>();
  const onStatement = ({ sql }: { sql: string }) => {
    for (const each of sql.split(";\n")) if (/\bledger_/.test(each)) seen.add(each);
  };
  const migrated = await openStorage({ ...database.location, clock, log: silentLog });
  await migrated.close();
  const storage = await openStorage({ ...database.location, clock, log: silentLog, onStatement });
  const ledger = await Ledger.open({ storage, clock, random: systemRandom, log: silentLog });
  const reserve = (key: string) => ledger.reserve({ account: "a", amount: 10n, type: "task", lifetimeMs: 1_000, key });
  const posting = payment({ type: "task", payer: "a", receiver: "b", amount: 10n, fee: 1n });
  await ledger.post({ posting: topup({ account: "a", amount: 1_000n }) });
  await ledger.settle((await reserve("settled")).hold.id, { posting });
  await ledger.release((await reserve("released")).hold.id);
  const { hold } = await reserve("lapsed");
  clock.advance(5_000);
  await ledger.sweep();
  await reserve("open");
  const { queries } = ledger;
  const period = { from: 0n, to: 4_000_000_000_000_000n };
  await queries.postedBalances(["a", "b"]);
  await queries.holdState(hold.id);
  await queries.transaction(hold.id);
  for (const role of ["payer", "receiver", "all"] as const) {
    await queries.transactions("a", { role, limit: 5, offset: 1 });
  }
  await queries.entries("a", { limit: 5 });
  await queries.entries("a", { before: 4_000_000_000_000_000n, limit: 5 });
  await queries.holdsOf("a", { limit: 5 });
  await queries.holdsOf("a", { after: { id: hold.id, expires_at: 5n }, limit: 5 });
  await queries.balances(["a", "b"]);
  await queries.summary("a");
  await queries.statement("a", period);
  await queries.statementLines("a", { ...period, limit: 5 });
  await ledger.verify();
  const watch = new LedgerWatch({
    ...{ storage, clock: systemClock, log: silentLog, audits: ledger.audits, now: () => ledger.elapsed },
    ...{ leases: openLeases({ storage, clock: systemClock, random: systemRandom, log: silentLog }) },
    pace: { rows: 2, rest: 0, restMsMin: 0, everyMicros: 0n },
  });
  watch.start();
  const isWalked = () => [...seen].some((each) => /delete from "?ledger_checkpoint_holds"?.*select/s.test(each));
  await expect.poll(() => isWalked() && [...seen].some((each) => each.includes("(account, span) >"))).toBe(true);
  await watch.close();
  await ledger.writeOff("a");
  await ledger.close();
  await storage.close();

  const { explain, close } = await openExplain(engine, database.location, { isForced: true });
  const wrong: { sql: string; plan: string[] }[] = [];
  for (const sql of seen) {
    const plan = await explain(sql);
    if (wholeReads(plan).some((line) => !isBounded(sql, line))) wrong.push({ sql, plan });
  }
  expect(seen.size).toBeGreaterThan(20);
  expect(wrong).toEqual([]);
  // It can tell.
  const all = "select count(*) from ledger_journal where fee = 0";
  expect(wholeReads(await explain(all))).toHaveLength(1);
  await close();
  await database.remove();
});
