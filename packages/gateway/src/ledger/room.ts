import type { Leases } from "../leases/index.ts";
import type { AddGauge, Clock, Log, Random, WatchedClock } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { FailPointHook } from "./fail-point.ts";
import { journalDates, livedTime } from "./journal-dates.ts";
import { Ledger } from "./ledger.ts";
import { type Audit, LedgerWatch } from "./verification/index.ts";

/** What the room reads of the gateway's settings. */
export interface LedgerSettings {
  clockToleranceSeconds: number;
  /** Dates up to then are known to be wrong, milliseconds since the epoch. */
  ledgerDatesUntil: number | undefined;
}

export interface LedgerRoomOptions {
  settings: LedgerSettings;
  storage: Storage;
  clock: WatchedClock;
  random: Random;
  log: Log;
  gauge: AddGauge;
  failPoint: FailPointHook | undefined;
  leases: Leases;
  /** What is verified beside the books. */
  audits: readonly Audit[];
}

export interface LedgerRoom {
  ledger: Ledger;
  /** For deadlines that are kept in the database. */
  deadlineClock: Clock;
  /** Proves the books while calls are answered, as long as no other node does. */
  start(): void;
  beginStop(): void;
  close(): Promise<void>;
}

/** The books. From here on the node's time is judged by their last date as well. */
export async function openLedger(options: LedgerRoomOptions): Promise<LedgerRoom> {
  const { settings, storage, clock, gauge } = options;
  const ledger = await Ledger.open(options);
  const toleranceMs = settings.clockToleranceSeconds * 1000;
  clock.judgeBy(journalDates(ledger, { toleranceMs, acceptedUntilMs: settings.ledgerDatesUntil }));
  await clock.check();
  gauge(
    "agentgate_ledger_dates_ahead_seconds",
    "Seconds by which the ledger's last date is ahead of the time",
    () => Math.max(0, Number(ledger.lastDate / 1000n) - clock.now()) / 1000,
  );
  const watch = new LedgerWatch({ ...options, audits: ledger.audits, now: () => ledger.elapsed });
  gauge(
    "agentgate_ledger_problems",
    "What is wrong with the ledger, as far as this node found or was told when it took up verifying it",
    () => watch.problems,
  );
  gauge("agentgate_ledger_operations_total", "Operations that the ledger has committed.", () => ledger.load.operations);
  gauge(
    "agentgate_ledger_batches_total",
    "Transactions that the operations of the ledger were committed in.",
    () => ledger.load.batches,
  );
  gauge(
    "agentgate_ledger_retries_total",
    "Transactions of the ledger that were tried again.",
    () => ledger.load.retries,
  );
  gauge("agentgate_ledger_waiting", "Operations that wait for the ledger.", () => ledger.load.waiting);
  return {
    ledger,
    // A database with a clock of its own has it right, whatever the machine's makes of the time.
    deadlineClock: storage.clock ? clock : livedTime(ledger, clock),
    start: () => watch.start(),
    beginStop: () => watch.stop(),
    async close() {
      await watch.close();
      await ledger.close();
    },
  };
}
