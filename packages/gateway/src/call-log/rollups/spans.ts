import type { Range } from "./rollup-reader.ts";

/** How long spans are kept, in seconds. */
export const KEPT = { minutes: 48 * 3_600, hours: 400 * 86_400, pairHours: 8 * 86_400, days: 400 * 86_400 };

/** Lengths of spans that series come in, in seconds. */
export const steps = [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400] as const;

/** Of a series whose step nobody has asked for. */
const POINTS = 400;
export const POINTS_MAX = 3_000;

/**
 * The length of a series' spans: the one that is asked for, or one that makes a few hundred points, but at least as long as those that are
 * kept of that time and make few enough points.
 *
 * @param isByPairs whether it is summed from what is kept by hours and days alone
 */
export function stepFor({ from, to }: Range, wanted: number | undefined, now: bigint, isByPairs: boolean): bigint {
  const seconds = Number(to - from);
  const age = Number(now - from);
  const kept = isByPairs ? (age > KEPT.pairHours ? 86_400 : 3_600) : age > KEPT.minutes ? 3_600 : 60;
  const least = Math.max(wanted ?? 0, kept);
  const points = wanted === undefined ? POINTS : POINTS_MAX;
  return BigInt(steps.find((step) => step >= least && seconds / step <= points) ?? 86_400);
}

/** Whole spans around the range. */
export const wholeSpans = ({ from, to }: Range, step: bigint): Range => ({
  from: from - (from % step),
  to: to + ((step - (to % step)) % step),
});
