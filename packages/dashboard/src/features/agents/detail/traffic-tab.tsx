import type { Agent, StatsSeries } from "@agentgate/client";
import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatCount, formatMoney, formatPercent, formatShortCount, shortText } from "@agentgate/protocol/format";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { gateway } from "../../../app/api.ts";
import type { PlainSearch } from "../../../app/plain-search.ts";
import { RangePicker } from "../../../app/range-picker.tsx";
import { instantsOf, rangeOf, searchOf, stepOf } from "../../../app/time-range.ts";
import { type ChartRange, useChartRange } from "../../../app/use-chart-range.ts";
import { useGrainedNow } from "../../../app/use-now.ts";
import { BarChart } from "../../../charts/bar-chart.tsx";
import { HeatChart } from "../../../charts/heat-chart.tsx";
import { LineChart } from "../../../charts/line-chart.tsx";
import { formatDurationMark } from "../../../charts/value-axis.ts";
import { en } from "../../../messages/en.ts";
import { DataTable } from "../../../ui/data-table.tsx";
import { Figure } from "../../../ui/figure.tsx";
import { Loaded } from "../../../ui/loaded.tsx";
import { Section } from "../../../ui/page.tsx";
import { callsOf, heatOf, timesOf } from "../../overview/charts.ts";
import { ToLogs } from "../../overview/figures.tsx";
import { totalsOf } from "../../overview/stats.ts";
import { TopTable } from "../../overview/top-table.tsx";

const GRAIN_MS = 30_000;
const said = en.agentDetail;

/** Calls of one agent over time; what failed leads to the log. */
export function TrafficTab({ agent: { id, protocol } }: { agent: Agent }) {
  const search = useSearch({ strict: false }) as PlainSearch;
  const range = rangeOf(search);
  const now = useGrainedNow(GRAIN_MS);
  const { from, to } = instantsOf(range, now);
  const asked = { agentIds: [id], from: new Date(from), to: new Date(to) };
  const series = useQuery({
    queryKey: ["agents", "one", id, "series", from, to],
    queryFn: ({ signal }) =>
      gateway.stats.series({ ...asked, step: stepOf({ from, to }), compare: true, heat: true, signal }),
    placeholderData: keepPreviousData,
  });
  const failing = useQuery({
    queryKey: ["agents", "one", id, "failing", from, to],
    queryFn: ({ signal }) => gateway.stats.top("error", { ...asked, signal }),
    placeholderData: keepPreviousData,
  });
  const payers = useQuery({
    queryKey: ["agents", "one", id, "payers", from, to],
    queryFn: ({ signal }) => gateway.stats.top("payer", { ...asked, signal }),
    placeholderData: keepPreviousData,
  });
  const charts = useChartRange({ agent_id: id });
  const toLogs = { ...searchOf(range), agent_id: id };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <RangePicker range={range} />
        <span className="flex flex-wrap gap-x-4">
          {protocol === "a2a" && (
            <Link to="/dashboard/tasks" search={{ agent_id: id }}>
              {said.toTasks}
            </Link>
          )}
          <Link to="/dashboard/logs" search={toLogs}>
            {said.toLogs}
          </Link>
        </span>
      </div>
      <Loaded query={series} rows={10}>
        {(data) => (
          <>
            <Figures series={data} calls={toLogs} />
            <div className="grid grid-cols-[minmax(0,1fr)] gap-8 full:grid-cols-2">
              <Section title={en.overview.overTime}>
                <BarChart data={callsOf(data, true)} formatMark={formatShortCount} {...charts} />
              </Section>
              <Spread series={data} charts={charts} />
              <Section title={en.overview.times}>
                <LineChart data={timesOf(data)} formatMark={formatDurationMark} isByDecades {...charts} />
              </Section>
            </div>
          </>
        )}
      </Loaded>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-8 full:grid-cols-2">
        <Section title={said.failing}>
          <Loaded query={failing} rows={4}>
            {({ entries }) => {
              const failed = entries.filter(({ error }) => error > 0);
              if (failed.length === 0) return <p className="text-ink-2">{en.overview.noFailures}</p>;
              return (
                <DataTable
                  caption={said.failing}
                  rows={failed}
                  keyOf={({ key }) => key}
                  columns={[
                    {
                      id: "kind",
                      head: said.kind,
                      isName: true,
                      cell: ({ key }) => (
                        <Link to="/dashboard/logs" search={{ ...toLogs, error: key }}>
                          <code>{shortText(key, 48)}</code>
                        </Link>
                      ),
                    },
                    {
                      id: "calls",
                      head: en.overview.calls,
                      isNumber: true,
                      cell: ({ error }) => <span className="text-fail">{formatCount(error)}</span>,
                    },
                  ]}
                />
              );
            }}
          </Loaded>
        </Section>
        <Section title={said.payers}>
          <Loaded query={payers} rows={4}>
            {({ entries }) => (
              <TopTable caption={said.payers} by="payer" entries={entries} none={said.noCalls} calls={toLogs} />
            )}
          </Loaded>
        </Section>
      </div>
    </div>
  );
}

/** How long it took, call by call. */
function Spread({ series, charts }: { series: StatsSeries; charts: ChartRange }) {
  const spread = heatOf(series);
  if (!spread) return null;
  const { spread: title, few, many } = en.overview;
  return (
    <Section title={title}>
      <HeatChart {...spread} formatMark={formatDurationMark} few={few} many={many} {...charts} />
    </Section>
  );
}

function Figures({ series: { points, previous }, calls }: { series: StatsSeries; calls: PlainSearch }) {
  const sum = (of: StatsSeries["points"]) => ({
    ...totalsOf(of),
    earned: of.reduce((all, { earned }) => all + microDollarsFromNumber(earned), 0n),
  });
  const now = sum(points);
  const before = previous && sum(previous.points);
  const aside = (value: string | undefined) => value !== undefined && en.overview.previous(value);
  const share = (of: { ok: number; calls: number }) => formatPercent(of.ok, of.calls) ?? "–";
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 broad:grid-cols-4">
      <Figure name={en.overview.calls} aside={aside(before && formatCount(before.calls))}>
        <ToLogs search={calls}>{formatCount(now.calls)}</ToLogs>
      </Figure>
      <Figure name={en.overview.success} aside={aside(before && share(before))}>
        {share(now)}
      </Figure>
      <Figure name={en.overview.failed} aside={aside(before && formatCount(before.error))}>
        <ToLogs search={{ ...calls, status: "error" }}>{formatCount(now.error)}</ToLogs>
      </Figure>
      <Figure name={en.agents.earned} aside={aside(before && formatMoney(before.earned))}>
        {formatMoney(now.earned)}
      </Figure>
    </dl>
  );
}
