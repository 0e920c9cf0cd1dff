import { formatCount, formatInstant, formatShortCount } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { gatewayNow } from "../../app/gateway-clock.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { usePreferences } from "../../app/preferences.ts";
import { RangePicker } from "../../app/range-picker.tsx";
import { sessionQuery } from "../../app/session.ts";
import { instantsOf, rangeOf, searchOf, type TimeRange } from "../../app/time-range.ts";
import { useMay } from "../../app/use-may.ts";
import { useGrainedNow } from "../../app/use-now.ts";
import { BarChart } from "../../charts/bar-chart.tsx";
import { SeenTimes } from "../../charts/seen-times.tsx";
import type { ChartData } from "../../charts/series.ts";
import { en } from "../../messages/en.ts";
import { CallAnAgent } from "../../ui/call-an-agent.tsx";
import { Loading } from "../../ui/loading.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { Page } from "../../ui/page.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { type FacetName, filterNames } from "./filter-names.ts";
import { toggled } from "./filter-values.ts";
import { LogDetail } from "./log-detail.tsx";
import { LogFilters } from "./log-filters.tsx";
import type { LogHistogram } from "./log-row.ts";
import { LogTable } from "./log-table.tsx";
import type { LogWindow } from "./log-window.ts";
import { filtersOf, histogramQuery, timesOf } from "./logs-api.ts";
import { TailSwitch } from "./tail-switch.tsx";
import { useLogWindow } from "./use-log-window.ts";
import { useTail } from "./use-tail.ts";

/** Counts of a moving range move on with each of these. */
const GRAIN_MS = 10_000;
const said = en.logs;

export function Logs() {
  const search = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const { data: session } = useQuery(sessionQuery);
  const { log: openCall, tail: tailSaid, zone: _zone, ...narrowed } = search;
  const asked = JSON.stringify(narrowed);
  const [turn, setTurn] = useState(0);
  const anew = useCallback(() => setTurn((now) => now + 1), []);
  const shown = useLogWindow(search, asked, turn);
  const [isAway, setAway] = useState(false);
  const range = rangeOf(search);
  const mayTail = range.kind === "last" && search.at === undefined;
  const isTailing = mayTail && tailSaid !== "off";
  const filters = filtersOf(search);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as the log that is shown has it
  const from = useMemo(() => timesOf(search, gatewayNow()).from, [asked, turn]);
  const tail = useTail({
    // What comes is not for the log that is still shown of before.
    log: shown?.asked === asked ? shown.log : undefined,
    filters,
    from,
    isOn: isTailing,
    isHeld: isAway || openCall !== undefined,
    ownOrgId: session?.org_id ?? null,
    anew,
  });
  const change = useCallback(
    (next: (now: PlainSearch) => PlainSearch, isReplaced = false) =>
      void navigate({ to: ".", search: next, replace: isReplaced, resetScroll: false }),
    [navigate],
  );
  const open = useCallback(
    (id: string | undefined) => change((now) => ({ ...now, log: now.log === id ? undefined : id }), true),
    [change],
  );
  const filter = useCallback(
    (name: FacetName, value: string, isExcluded: boolean) => change((now) => toggled(now, name, value, isExcluded)),
    [change],
  );
  const [seen] = useState(() => new SeenTimes());
  const see = useCallback((newest: string, oldest: string) => seen.set(Date.parse(oldest), Date.parse(newest)), [seen]);
  const toNewest = () => {
    scrollTo({ top: 0 });
    if (search.at !== undefined) change(({ at: _at, ...rest }) => rest);
    else if (tail.hasGap) anew();
  };
  const may = useMay();
  if (!may("logs:read")) {
    return (
      <Page title={en.pages.logs}>
        <NotAllowed what={en.pages.logs} scope="logs:read" />
      </Page>
    );
  }
  const isNarrowed = filterNames.some((name) => search[name]);
  return (
    <Page
      title={en.pages.logs}
      actions={
        <div className="flex flex-wrap items-center gap-3">
          {mayTail && (
            <TailSwitch
              tail={tail}
              isOn={isTailing}
              readAtMs={shown?.readAtMs}
              onChange={(isOn) => {
                change((now) => ({ ...now, tail: isOn ? undefined : "off" }), true);
                if (isOn) anew();
              }}
            />
          )}
          <RangePicker range={range} />
        </div>
      }
    >
      <LogFilters search={search} change={change} nameOf={(id) => agentNameIn(shown?.log, id)} />
      <Histogram search={search} seen={seen} change={change} isHeld={isAway} mayAsk={shown?.asked === asked} />
      <div className={`grid grid-cols-[minmax(0,1fr)] gap-8 ${openCall ? "full:grid-cols-[minmax(0,1fr)_26rem]" : ""}`}>
        <div className="min-w-0">
          <div className="pointer-events-none sticky top-10 z-10 flex h-0 justify-center">
            {(tail.waiting > 0 || tail.hasGap || search.at !== undefined) && (
              <button type="button" className="button button-primary pointer-events-auto mt-2" onClick={toNewest}>
                {tail.hasGap
                  ? said.gap(tail.missed) + said.readAnew
                  : tail.waiting > 0
                    ? said.arrived(tail.waiting)
                    : said.newest}
              </button>
            )}
          </div>
          {!shown ? (
            <Loading rows={12} />
          ) : shown.log.length > 0 ? (
            <LogTable
              log={shown.log}
              length={shown.log.length}
              hasDays={isLong(range)}
              selected={openCall}
              onOpen={open}
              onFilter={filter}
              onAway={setAway}
              onSeen={see}
            />
          ) : shown.log.isWhole ? (
            isNarrowed ? (
              <p>
                {said.noHit}{" "}
                <button type="button" className="text-accent underline" onClick={() => change(cleared)}>
                  {said.clear}
                </button>
              </p>
            ) : (
              <CallAnAgent isPaid={filters.role === "payer"}>
                {filters.role === "payer" ? said.nonePaid : said.noneYet}
              </CallAnAgent>
            )
          ) : (
            shown.log.error === undefined && <Loading rows={12} />
          )}
          {shown && <Foot log={shown.log} />}
        </div>
        {openCall && <LogDetail id={openCall} onClose={() => open(undefined)} />}
      </div>
    </Page>
  );
}

const DAY_MS = 86_400_000;

/** Whether a clock does not tell which day it is of. */
function isLong(range: TimeRange): boolean {
  const { from, to } = instantsOf(range, 0);
  return to - from > DAY_MS;
}

const cleared = (now: PlainSearch): PlainSearch =>
  Object.fromEntries(Object.entries(now).filter(([name]) => !(filterNames as readonly string[]).includes(name)));

function agentNameIn(log: LogWindow | undefined, id: string): string | undefined {
  for (let index = 0; index < Math.min(200, log?.length ?? 0); index++) {
    const row = log?.rowAt(index);
    if (row?.agent_id === id) return row.agent_name;
  }
  return undefined;
}

/** What is behind the last row: an error, an end, or that more has to be asked for. */
function Foot({ log }: { log: LogWindow }) {
  const { zone } = usePreferences();
  if (log.error !== undefined) return <TroubleBox error={log.error} onRetry={() => log.lookFurther()} />;
  if (log.isWhole) return log.length > 0 ? <p className="pt-3 text-ink-2">{said.end}</p> : null;
  if (log.searchedTo === null) return null;
  return (
    <p className="flex flex-wrap items-center gap-3 pt-3 text-ink-2">
      {said.searchedTo(formatInstant(Date.parse(log.searchedTo), { zone }))}
      {log.isWaiting && (
        <button type="button" className="button" onClick={() => log.lookFurther()}>
          {said.further}
        </button>
      )}
    </p>
  );
}

interface HistogramProps {
  search: PlainSearch;
  /** Rows come first: on SQLite one question waits for the other. */
  mayAsk: boolean;
  seen: SeenTimes;
  isHeld: boolean;
  change(next: (now: PlainSearch) => PlainSearch): void;
}

/** The whole range at a glance, and where in it one is: a click jumps there, drawing over it makes it the range. */
function Histogram({ search, mayAsk, seen, isHeld, change }: HistogramProps) {
  const now = useGrainedNow(GRAIN_MS, isHeld);
  const filters = filtersOf(search);
  const times = timesOf(search, now);
  const histogram = useQuery({ ...histogramQuery(filters, times), enabled: mayAsk });
  const jump = (_from: number, to: number) => change((now) => ({ ...now, at: new Date(to).toISOString() }));
  const brush = (from: number, to: number) =>
    change(({ range: _range, at: _at, ...rest }) => ({ ...rest, ...searchOf({ kind: "fixed", from, to }) }));
  return (
    <div className="min-h-58 pb-4">
      {histogram.data && (
        <BarChart
          data={barsOf(histogram.data)}
          formatMark={formatShortCount}
          onPick={jump}
          onBrush={brush}
          seen={seen}
        />
      )}
      {histogram.isError && !histogram.data && (
        <TroubleBox error={histogram.error} onRetry={() => void histogram.refetch()} />
      )}
    </div>
  );
}

const barsOf = ({ step_ms, buckets }: LogHistogram): ChartData => ({
  label: said.overTime,
  times: buckets.map(({ t }) => Date.parse(t)),
  stepMs: step_ms,
  isUnfinished: false,
  series: [
    { name: said.ok, colour: "var(--series-1)", values: buckets.map(({ ok }) => ok), format: formatCount },
    { name: said.failed, colour: "var(--fail)", values: buckets.map(({ error }) => error), format: formatCount },
  ],
});
