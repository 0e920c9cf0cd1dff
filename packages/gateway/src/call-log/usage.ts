import { toMilliseconds } from "./entry.ts";
import type { UsagePeriod } from "./store.ts";

const mean = ({ invocations, latencyMicros }: Pick<UsagePeriod, "invocations" | "latencyMicros">): number =>
  invocations === 0 ? 0 : toMilliseconds(Number(latencyMicros) / invocations);

/** Folds days into calendar months. */
export function toMonths(days: readonly UsagePeriod[]): UsagePeriod[] {
  const months = new Map<string, UsagePeriod>();
  for (const day of days) {
    const period = day.period.slice(0, 7);
    const month = months.get(period) ?? { period, invocations: 0, errors: 0, latencyMicros: 0n };
    month.invocations += day.invocations;
    month.errors += day.errors;
    month.latencyMicros += day.latencyMicros;
    months.set(period, month);
  }
  return [...months.values()];
}

export const toWirePeriod = (period: UsagePeriod) => ({
  period: period.period,
  invocations: period.invocations,
  errors: period.errors,
  avg_latency_ms: mean(period),
});

export { mean as meanLatencyMs };
