import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { keptSearch } from "./kept-search.ts";
import type { PlainSearch } from "./plain-search.ts";
import { searchOf } from "./time-range.ts";

/** What is done with a span of a chart, from when to when. */
export interface ChartRange {
  /** Makes it the range of this page, and of those that one goes on to. */
  onBrush(from: number, to: number): void;
  /** Shows its calls in the log. */
  onPick(from: number, to: number): void;
}

/** @param calls which calls the chart shows, as filters of the log */
export function useChartRange(calls: PlainSearch = {}): ChartRange {
  const navigate = useNavigate();
  const asked = JSON.stringify(calls);
  return useMemo(
    () => ({
      onBrush: (from, to) =>
        void navigate({ to: ".", search: (now: PlainSearch) => withRange(now, from, to), resetScroll: false }),
      onPick: (from, to) =>
        void navigate({
          to: "/dashboard/logs",
          search: (now: PlainSearch) => ({ ...withRange(keptSearch(now), from, to), ...JSON.parse(asked) }),
        }),
    }),
    [navigate, asked],
  );
}

function withRange(
  { range: _range, from: _from, to: _to, ...rest }: PlainSearch,
  from: number,
  to: number,
): PlainSearch {
  return { ...rest, ...searchOf({ kind: "fixed", from, to }) };
}
