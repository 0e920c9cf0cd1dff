import { formatCount, formatShortCount } from "@agentgate/protocol/format";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { RangePicker } from "../../app/range-picker.tsx";
import { rangeOf, searchOf } from "../../app/time-range.ts";
import { useGrainedNow } from "../../app/use-now.ts";
import { BarChart } from "../../charts/bar-chart.tsx";
import type { ChartData } from "../../charts/series.ts";
import { en } from "../../messages/en.ts";
import { Loading } from "../../ui/loading.tsx";
import { Page } from "../../ui/page.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { LogDetail } from "./log-detail.tsx";
import { LogFilters } from "./log-filters.tsx";
import { LogRows } from "./log-rows.tsx";
import { filtersOf, histogramQuery, type LogHistogram, logsQuery } from "./logs-api.ts";

/** A moving range moves on with each of these. */
const GRAIN_MS = 10_000;
const said = en.logs;

export function Logs() {
  const search = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  // Who reads further down, or looks into a call, keeps the rows that are there.
  const { log: openCall, ...narrowed } = search;
  const asked = JSON.stringify(narrowed);
  const [pagedIn, setPagedIn] = useState<string>();
  const now = useGrainedNow(GRAIN_MS, openCall !== undefined || pagedIn === asked);
  const filters = filtersOf(search, now);
  const logs = useInfiniteQuery(logsQuery(filters));
  const histogram = useQuery(histogramQuery(filters));
  const rows = logs.data?.pages.flatMap(({ entries }) => entries) ?? [];
  const searchedTo = logs.data?.pages.at(-1)?.searched_to;
  const pick = (from: number, to: number) =>
    void navigate({
      to: ".",
      search: ({ range: _range, ...rest }: PlainSearch) => ({ ...rest, ...searchOf({ kind: "fixed", from, to }) }),
    });
  return (
    <Page title={en.pages.logs} actions={<RangePicker range={rangeOf(search)} />}>
      <LogFilters search={search} />
      {pagedIn === asked && (
        <button type="button" className="button mb-4" onClick={() => setPagedIn(undefined)}>
          {said.newest}
        </button>
      )}
      {histogram.data && <BarChart data={barsOf(histogram.data)} formatMark={formatShortCount} onPick={pick} />}
      <div className={`grid gap-8 pt-6 ${search.log ? "full:grid-cols-[minmax(0,1fr)_26rem]" : ""}`}>
        <div className="min-w-0">
          {logs.isPending ? (
            <Loading rows={12} />
          ) : logs.isError ? (
            <TroubleBox error={logs.error} onRetry={() => void logs.refetch()} />
          ) : rows.length === 0 ? (
            <p className="text-ink-2">{said.none}</p>
          ) : (
            <LogRows rows={rows} selected={search.log} />
          )}
          {searchedTo && <p className="pt-3 text-ink-2">{said.searchedTo}</p>}
          {logs.hasNextPage && (
            <button
              type="button"
              className="button mt-4"
              disabled={logs.isFetchingNextPage}
              onClick={() => {
                setPagedIn(asked);
                void logs.fetchNextPage();
              }}
            >
              {said.more}
            </button>
          )}
        </div>
        {search.log && <LogDetail id={search.log} />}
      </div>
    </Page>
  );
}

const barsOf = ({ step_ms, buckets }: LogHistogram): ChartData => ({
  label: en.overview.overTime,
  times: buckets.map(({ t }) => Date.parse(t)),
  stepMs: step_ms,
  isUnfinished: false,
  series: [
    { name: said.ok, colour: "var(--series-1)", values: buckets.map(({ ok }) => ok), format: formatCount },
    { name: said.failed, colour: "var(--fail)", values: buckets.map(({ error }) => error), format: formatCount },
  ],
});
