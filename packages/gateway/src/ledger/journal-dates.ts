import { type Clock, renderTimestamp, spanOf, type TimeJudge } from "../runtime/index.ts";
import type { Ledger } from "./ledger.ts";

/**
 * Judges a node's time by the ledger's last date, which no right clock is behind. Payments go on all the same, with dates that hardly
 * move until the clock has caught up.
 *
 * @param acceptedUntilMs dates up to then are known to be wrong, milliseconds since the epoch
 */
export function journalDates(
  ledger: Pick<Ledger, "lastDate">,
  { toleranceMs, acceptedUntilMs = 0 }: { toleranceMs: number; acceptedUntilMs?: number | undefined },
): TimeJudge {
  return (now) => {
    const last = ledger.lastDate;
    const lastMs = Number(last / 1000n);
    if (lastMs <= Math.max(now, acceptedUntilMs) + toleranceMs) return null;
    const written = renderTimestamp(last);
    return (
      `The ledger's last entry is dated ${written}, ${spanOf(lastMs - now)} ahead of this node's clock: one of them is wrong. ` +
      `If it is not the clock, set AGENTGATE_LEDGER_DATES_UNTIL=${written} to accept the dates`
    );
  };
}

/** Milliseconds of the time in which this gateway lived: for deadlines that must hold whatever day the next start believes it is. */
export const livedTime = (ledger: Pick<Ledger, "now">, clock: Clock): Clock => ({
  now: () => Number(ledger.now() / 1000n),
  monotonic: () => clock.monotonic(),
  after: (delayMs, task) => clock.after(delayMs, task),
});
