import { microDollarsFromNumber, type OrgBillingBreakdown } from "@agentgate/protocol";

const DAY = 86_400_000;
const DAYS = 30;

/** A day of the meter. */
export interface MeteredDay {
  /** Where it begins, in UTC. */
  time: number;
  ok: number;
  errors: number;
  /** Dollars that the meter was at when it ended. */
  soFar: number;
}

/** Every day of the last thirty, those without a call too, and how far the meter was at the end of each. */
export function daysOf(
  { breakdown }: Pick<OrgBillingBreakdown, "breakdown">,
  totalCost: number,
  nowMs: number,
): MeteredDay[] {
  const found = new Map(breakdown.map((day) => [day.period, day]));
  const today = Math.floor(nowMs / DAY) * DAY;
  let after = microDollarsFromNumber(totalCost);
  const days: MeteredDay[] = [];
  for (let back = 0; back < DAYS; back++) {
    const time = today - back * DAY;
    const { invocations = 0, errors = 0, cost = 0 } = found.get(new Date(time).toISOString().slice(0, 10)) ?? {};
    days.push({ time, ok: invocations - errors, errors, soFar: Number(after) / 1e6 });
    after -= microDollarsFromNumber(cost);
  }
  return days.reverse();
}
