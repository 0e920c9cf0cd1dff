import type { StatsPoint, StatsSeries, StatsTop } from "@agentgate/client";
import { formatCount } from "@agentgate/protocol/format";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { read } from "../../app/read.ts";
import { stepOf } from "../../app/time-range.ts";

export type { StatsPoint, StatsSeries, StatsTop };

const TOP = 5;

export interface Span {
  from: number;
  to: number;
}

/** Which calls are asked for. */
export interface Asked {
  span: Span;
  /** For the admin: one organization; without it, all. */
  orgId?: string | undefined;
  /** Those that one pays for, in place of those to one's agents. */
  isPayer?: boolean | undefined;
}

/** As the API has it. */
export const askedOf = ({ span: { from, to }, orgId, isPayer }: Asked) => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
  org_id: orgId,
  ...(isPayer && { role: "payer" }),
});

export const seriesQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["stats", "series", asked],
    queryFn: ({ signal }) =>
      read<StatsSeries>(
        "/stats/series",
        { ...askedOf(asked), step: stepOf(asked.span), compare: true, heat: true },
        signal,
      ),
    placeholderData: keepPreviousData,
  });

/** Which agents, or payers, most of it was. */
export const topQuery = (by: "agent" | "payer", asked: Asked, limit = TOP) =>
  queryOptions({
    queryKey: ["stats", "top", by, asked, limit],
    queryFn: ({ signal }) => read<StatsTop>("/stats/top", { ...askedOf(asked), by, sort: "calls", limit }, signal),
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

/** By how much there are more, in whole hundredths: `+4 %`; undefined where there is nothing to compare with, or the same. */
export function changeOf(now: number, before: number): string | undefined {
  if (before === 0 || now === before) return undefined;
  const share = Math.round(((now - before) / before) * 100);
  if (share === 0) return `${now > before ? "+" : "−"}<\u00a01\u00a0%`;
  return `${share > 0 ? "+" : "−"}${formatCount(Math.abs(share))}\u00a0%`;
}

/** The median of a series of medians, each counted as often as there were calls: near enough to be told as about. */
export function typical(points: readonly StatsPoint[], of: "p50" | "p95" | "gateway_p50"): number | null {
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
