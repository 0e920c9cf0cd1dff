import { type Histogram, timesOf } from "./latency-histogram.ts";

/** Milliseconds at which rows end, in each decade: as far apart as eyes and the histograms' bins tell them. */
const STEPS = [1, 1.5, 2, 3, 5, 7];
const DECADES = [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const BOUNDS_MS = DECADES.flatMap((decade) => STEPS.map((step) => Number((step * 10 ** decade).toPrecision(2))));

/** How many calls took how long, over time. */
export interface LatencyHeat {
  /** Milliseconds, ascending, without a gap from the fastest call to the slowest: where each row ends. Empty when no time is known. */
  bounds_ms: number[];
  /** Of each span one count for each row. */
  counts: number[][];
}

/** @param histograms of spans, in their order */
export function heatOf(histograms: readonly Histogram[]): LatencyHeat {
  const spans = histograms.map((histogram) => {
    const rows = new Map<number, number>();
    for (const [micros, count] of timesOf(histogram)) {
      const row = rowOf(micros / 1000);
      rows.set(row, (rows.get(row) ?? 0) + count);
    }
    return rows;
  });
  const used = spans.flatMap((rows) => [...rows.keys()]);
  if (used.length === 0) return { bounds_ms: [], counts: spans.map(() => []) };
  const low = used.reduce((a, b) => Math.min(a, b));
  const high = used.reduce((a, b) => Math.max(a, b));
  const bounds_ms = BOUNDS_MS.slice(low, high + 1);
  return { bounds_ms, counts: spans.map((rows) => bounds_ms.map((_, n) => rows.get(low + n) ?? 0)) };
}

function rowOf(milliseconds: number): number {
  const row = BOUNDS_MS.findIndex((bound) => milliseconds <= bound);
  return row === -1 ? BOUNDS_MS.length - 1 : row;
}
