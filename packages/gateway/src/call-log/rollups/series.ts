import { microDollarsToJson } from "@agentgate/protocol";
import { heatOf } from "./latency-heat.ts";
import { type Histogram, percentiles } from "./latency-histogram.ts";
import type { Breakdown, Part, Point, Range, RollupReader, Selection, Sums } from "./rollup-reader.ts";
import { stepFor, wholeSpans } from "./spans.ts";

/** Parts that a series is broken down into; the rest is one. */
const PARTS = 5;

export interface SeriesQuestion {
  selection: Selection;
  range: Range;
  /** Seconds; undefined for what suits the range. */
  step: number | undefined;
  by: Breakdown | undefined;
  /** Whether the span of the same length before is told too. */
  compares: boolean;
  /** Whether it is told how many calls of each span took how long. */
  heats: boolean;
  /** Seconds since the epoch. */
  now: bigint;
}

/** Sums of calls over time, as they are answered. */
export async function seriesOf(reader: RollupReader, question: SeriesQuestion) {
  const { selection, by, compares, heats, now } = question;
  const step = stepFor(question.range, question.step, now, isByPairs(selection) || by !== undefined);
  const range = wholeSpans(question.range, step);
  const before = { from: range.from - (range.to - range.from), to: range.from };
  const points = await reader.points(selection, range, step);
  const parts = by && (await partsOverTime(reader, { selection, range, step, by, points, now }));
  const toWire = (some: readonly Point[], of: Range) =>
    dense(some, of, step).map((point) => wirePoint(point, step, now));
  return {
    from: instant(range.from),
    to: instant(range.to),
    step: Number(step),
    points: toWire(points, range),
    ...(heats && { heat: heatOf(dense(points, range, step).map(({ agentTimes }) => agentTimes)) }),
    ...(parts && { parts }),
    ...(compares && {
      previous: {
        from: instant(before.from),
        to: instant(before.to),
        points: toWire(await reader.points(selection, before, step), before),
      },
    }),
  };
}

async function partsOverTime(
  reader: RollupReader,
  asked: { selection: Selection; range: Range; step: bigint; by: Breakdown; points: readonly Point[]; now: bigint },
) {
  const { selection, range, step, by, points, now } = asked;
  const found = await reader.partPoints(selection, range, { by, step, limit: PARTS });
  const told = (some: readonly Point[]) =>
    dense(some, range, step).map((point) => ({
      ...wireSums(point),
      t: instant(point.at),
      unfinished: point.at + step > now,
    }));
  const rest = new Map(points.map((point) => [point.at, { ...point }]));
  for (const point of [...found.values()].flat()) {
    const left = rest.get(point.at);
    if (!left) continue;
    left.ok -= point.ok;
    left.errors -= point.errors;
    left.paid -= point.paid;
    left.earned -= point.earned;
  }
  // Of failures, what is left are other failures; successes are none of them.
  if (by === "error") for (const left of rest.values()) Object.assign(left, { ok: 0, paid: 0n, earned: 0n });
  return [
    ...[...found].map(([key, points]) => ({ key, points: told(points) })),
    { key: null, points: told([...rest.values()]) },
  ];
}

/** Whether what is kept by scope does not tell it. */
const isByPairs = ({ orgId, payerOrgId, agentIds }: Selection): boolean =>
  payerOrgId !== undefined && (agentIds !== undefined || orgId !== undefined);

/** One for each span, those without calls included. */
function dense(points: readonly Point[], { from, to }: Range, step: bigint): Point[] {
  const byTime = new Map(points.map((point) => [point.at, point]));
  const all: Point[] = [];
  for (let at = from; at < to; at += step) all.push(byTime.get(at) ?? emptyPoint(at));
  return all;
}

const emptyPoint = (at: bigint): Point => ({
  ...{ at, ok: 0, errors: 0, paid: 0n, earned: 0n },
  agentTimes: new Map(),
  gatewayTimes: new Map(),
});

const wirePoint = (point: Point, step: bigint, now: bigint) => {
  const [p50 = null, p95 = null, p99 = null] = millisecondsAt(point.agentTimes, [0.5, 0.95, 0.99]);
  const [gateway_p50 = null, gateway_p99 = null] = millisecondsAt(point.gatewayTimes, [0.5, 0.99]);
  return {
    t: instant(point.at),
    ...wireSums(point),
    ...{ p50, p95, p99, gateway_p50, gateway_p99 },
    unfinished: point.at + step > now,
  };
};

/** Three digits: more would say more than the histogram knows. */
export const millisecondsAt = (histogram: Histogram, shares: readonly number[]): (number | null)[] =>
  percentiles(histogram, shares).map((micros) => (micros === null ? null : milliseconds(micros)));

export const milliseconds = (micros: number): number => Number((micros / 1000).toPrecision(3));

export const wireSums = ({ ok, errors, paid, earned }: Sums) => ({
  ok,
  error: errors,
  spent: microDollarsToJson(paid),
  earned: microDollarsToJson(earned),
});

export const wirePart = ({ key, ...sums }: Part) => ({ key, ...wireSums(sums) });

export const instant = (seconds: bigint): string => new Date(Number(seconds) * 1000).toISOString();
