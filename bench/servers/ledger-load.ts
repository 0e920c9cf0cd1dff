// Reserves and settles on a ledger in this process, as fast as it goes, and prints what that took as one line of JSON.
// Arguments: a LedgerLoad as JSON.

import { feeOf, Ledger, payment, topup } from "../../packages/gateway/src/ledger/index.ts";
import { silentLog, systemClock, systemRandom } from "../../packages/gateway/src/runtime/index.ts";
import { openStorage, RowInsert, type Storage } from "../../packages/gateway/src/storage/index.ts";
import type { LedgerLoad, LedgerMeasurement } from "../harness/ledger-load.ts";
import { quantile } from "../harness/statistics.ts";

const load = JSON.parse(process.argv[2]!) as LedgerLoad;
const price = 1_000n;
const { fee } = feeOf(price, 0.03);

const { dataDirectory, databaseUrl, concurrency, wallets, warmUpMs, measuredMs } = load;
const storage = await openStorage({ dataDirectory, databaseUrl, clock: systemClock, log: silentLog });
const { pair, check, close } = load.work === "ledger" ? await ledgerWork(storage) : bareWork(storage);

let measuring = false;
let running = true;
const latenciesMs: number[] = [];
const user = async (number: number) => {
  while (running) {
    const startedAt = performance.now();
    await pair(number);
    if (measuring) latenciesMs.push(performance.now() - startedAt);
  }
};
const users = Promise.all(Array.from({ length: concurrency }, (_, number) => user(number)));
await pause(warmUpMs);
measuring = true;
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
await pause(measuredMs);
measuring = false;
const seconds = (performance.now() - startedAt) / 1000;
const cpu = process.cpuUsage(cpuBefore);
const pairs = latenciesMs.length;
running = false;
await users;
const objections = await check();
await close();
await storage.close();
const measurement: LedgerMeasurement = {
  pairsPerSecond: pairs / seconds,
  cpuMicrosPerPair: (cpu.user + cpu.system) / pairs,
  coreBusy: (cpu.user + cpu.system) / 1e6 / seconds,
  p50Ms: quantile(latenciesMs, 0.5),
  p99Ms: quantile(latenciesMs, 0.99),
  objections,
};
console.log(JSON.stringify(measurement));
process.exit(0);

async function ledgerWork(storage: Storage) {
  const ledger = await Ledger.open({ storage, clock: systemClock, random: systemRandom, log: silentLog });
  const payers = Array.from({ length: wallets }, (_, number) => `payer-${number}`);
  for (const account of payers) await ledger.post({ posting: topup({ account, amount: 1_000_000_000_000n }) });
  let settled = 0n;
  return {
    async pair(number: number) {
      const payer = payers[number % payers.length]!;
      const reference = {
        agent_id: "3f1c9a44-1f5b-4c4e-9b0e-2f6c1d0a7e55",
        agent_name: "echo",
        task_id: `task-${number}`,
      };
      const { hold } = await ledger.reserve({ account: payer, amount: price, type: "task", lifetimeMs: 60_000 });
      const receiver = `owner-${number % 10}`;
      const posting = payment({ type: "task", payer, receiver, amount: price, fee, reference });
      await ledger.settle(hold.id, { posting });
      settled++;
    },
    /** Every pair is in the journal, once, and the books are right: a figure of wrong books is no figure. */
    async check() {
      const query = storage.db.selectFrom("ledger_journal").where("step", "=", "settle");
      const { count } = await query.select((eb) => eb.fn.countAll<bigint>().as("count")).executeTakeFirstOrThrow();
      const { ok, problems } = await ledger.verify();
      const shared = load.shared === true;
      return [
        ...(ok ? [] : [`the books do not verify: ${problems[0]?.message}`]),
        ...(count === settled || (shared && count > settled) ? [] : [`${settled} pairs, but ${count} settle rows`]),
      ];
    },
    close: () => ledger.close(),
  };
}

/** The least that could be called durable: one row of one table an operation, grouped just the same, no rules at all. */
function bareWork(storage: Storage) {
  const insert = new RowInsert(storage.engine, "settings", ["name", "value"]);
  let waiting: { row: { name: string; value: string }; done(): void }[] = [];
  let committing = false;
  let next = 0;
  const commit = async () => {
    if (committing) return;
    committing = true;
    await null;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await storage.batch(insert.statements(batch.map(({ row }) => row)));
      for (const { done } of batch) done();
    }
    committing = false;
  };
  const row = () =>
    new Promise<void>((done) => {
      waiting.push({ row: { name: `${process.pid}-${next++}`.padStart(24), value: "x".repeat(300) }, done });
      void commit();
    });
  return {
    async pair() {
      await row();
      await row();
    },
    check: async () => [],
    close: async () => {},
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
