import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { read } from "../../app/read.ts";

/** Calls of one span of time (`GET /stats/series`). Milliseconds and dollars. */
export interface StatsPoint {
  t: string;
  unfinished: boolean;
  ok: number;
  error: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  gateway_p50: number | null;
  gateway_p99: number | null;
  spent: number;
  earned: number;
}

export interface StatsSeries {
  from: string;
  to: string;
  step: number;
  points: StatsPoint[];
  previous?: { from: string; to: string; points: StatsPoint[] };
}

export interface StatsTop {
  entries: { key: string; name: string | null; ok: number; error: number; spent: number; earned: number }[];
}

export interface Span {
  from: number;
  to: number;
}

const times = ({ from, to }: Span) => ({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });

export const seriesQuery = (span: Span, orgId: string | undefined) =>
  queryOptions({
    queryKey: ["stats", "series", span, orgId],
    queryFn: ({ signal }) =>
      read<StatsSeries>("/stats/series", { ...times(span), compare: true, org_id: orgId }, signal),
    placeholderData: keepPreviousData,
  });

export const topQuery = (by: "agent" | "error" | "payer", sort: string, span: Span, orgId: string | undefined) =>
  queryOptions({
    queryKey: ["stats", "top", by, sort, span, orgId],
    queryFn: ({ signal }) =>
      read<StatsTop>("/stats/top", { ...times(span), by, sort, limit: 5, org_id: orgId }, signal),
    placeholderData: keepPreviousData,
  });

/** What a series adds up to. */
export function totalsOf(points: readonly StatsPoint[]) {
  let [ok, error] = [0, 0];
  for (const point of points) {
    ok += point.ok;
    error += point.error;
  }
  return { ok, error, calls: ok + error };
}

/** The median of a series of medians, each counted as often as there were calls: near enough to be told as about. */
export function typical(points: readonly StatsPoint[], of: "p50" | "gateway_p50"): number | null {
  const known = points
    .filter((point) => point[of] !== null)
    .map((point) => ({ value: point[of] as number, weight: point.ok + point.error }))
    .sort((a, b) => a.value - b.value);
  const half = known.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let seen = 0;
  for (const { value, weight } of known) {
    seen += weight;
    if (seen >= half) return value;
  }
  return null;
}
