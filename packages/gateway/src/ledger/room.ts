import type { AddGauge, Clock, Log, Random, WatchedClock } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { FailPointHook } from "./fail-point.ts";
import { journalDates, livedTime } from "./journal-dates.ts";
import { Ledger } from "./ledger.ts";

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
}

export interface LedgerRoom {
  ledger: Ledger;
  /** For deadlines that are kept in the database. */
  deadlineClock: Clock;
  /** Proves the books while calls are answered. */
  start(): void;
  close(): Promise<void>;
}

/** The books. From here on the node's time is judged by their last date as well. */
export async function openLedger(options: LedgerRoomOptions): Promise<LedgerRoom> {
  const { settings, storage, clock, log, gauge } = options;
  const ledger = await Ledger.open(options);
  const toleranceMs = settings.clockToleranceSeconds * 1000;
  clock.judgeBy(journalDates(ledger, { toleranceMs, acceptedUntilMs: settings.ledgerDatesUntil }));
  await clock.check();
  gauge(
    "agentgate_ledger_dates_ahead_seconds",
    "Seconds by which the ledger's last date is ahead of the time",
    () => Math.max(0, Number(ledger.lastDate / 1000n) - clock.now()) / 1000,
  );
  return {
    ledger,
    // A database with a clock of its own has it right, whatever the machine's makes of the time.
    deadlineClock: storage.clock ? clock : livedTime(ledger, clock),
    start: () => verifyInBackground(ledger, log),
    close: () => ledger.close(),
  };
}

/** The sums were checked before the first call; the whole chain is walked while calls are answered. */
function verifyInBackground(ledger: Ledger, log: Log): void {
  ledger.verify().then(
    (report) => {
      if (!report.ok) log.error({ problems: report.problems }, "the ledger is not intact; see agentgate ledger verify");
    },
    (error) => log.warn({ err: error }, "the ledger could not be verified"),
  );
}
