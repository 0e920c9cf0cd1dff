import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatCount, formatDuration, formatMoney, formatShortCount } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { RangePicker } from "../../app/range-picker.tsx";
import { sessionQuery } from "../../app/session.ts";
import { instantsOf, rangeOf } from "../../app/time-range.ts";
import { useGrainedNow } from "../../app/use-now.ts";
import { BarChart } from "../../charts/bar-chart.tsx";
import { LineChart } from "../../charts/line-chart.tsx";
import type { ChartData } from "../../charts/series.ts";
import { en } from "../../messages/en.ts";
import { Loading } from "../../ui/loading.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Figures } from "./figures.tsx";
import { type Span, type StatsPoint, seriesQuery } from "./stats.ts";
import { TopList } from "./top-list.tsx";

/** Moving ranges end at whole half minutes, so that a page asks anew as often as that, and not with each render. */
const GRAIN_MS = 30_000;
const said = en.overview;
const dollars = (value: number) => formatMoney(microDollarsFromNumber(value));

export function Overview() {
  const search = useSearch({ strict: false }) as PlainSearch;
  const now = useGrainedNow(GRAIN_MS);
  const range = useMemo(() => rangeOf(search), [search]);
  const span: Span = instantsOf(range, now);
  const { data: session } = useQuery(sessionQuery);
  const orgId = session?.kind === "admin" ? search.org : undefined;
  const series = useQuery(seriesQuery(span, orgId));
  return (
    <Page title={en.pages.overview} actions={<RangePicker range={range} />}>
      {series.isPending ? (
        <Loading rows={12} />
      ) : series.isError ? (
        <TroubleBox error={series.error} onRetry={() => void series.refetch()} />
      ) : (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
          <Figures series={series.data} orgId={session?.org_id ?? orgId} />
          <div className="grid grid-cols-[minmax(0,1fr)] gap-8 full:grid-cols-2">
            <Section title={said.overTime}>
              <BarChart data={callsOf(series.data)} formatMark={formatShortCount} />
            </Section>
            <Section title={said.times}>
              <LineChart data={timesOf(series.data)} formatMark={formatDuration} />
            </Section>
            <Section title={said.money}>
              <LineChart data={moneyOf(series.data)} formatMark={dollars} />
            </Section>
            <TopList title={said.failing} by="error" sort="errors" span={span} orgId={orgId} empty={said.noFailures} />
            <TopList title={said.topAgents} by="agent" sort="calls" span={span} orgId={orgId} empty={said.noCalls} />
            <TopList title={said.topPayers} by="payer" sort="calls" span={span} orgId={orgId} empty={said.noCalls} />
          </div>
        </div>
      )}
    </Page>
  );
}

interface Pointed {
  step: number;
  points: StatsPoint[];
}

const frameOf = ({ step, points }: Pointed) => ({
  times: points.map(({ t }) => Date.parse(t)),
  stepMs: step * 1000,
  isUnfinished: points.at(-1)?.unfinished ?? false,
});

const callsOf = (data: Pointed): ChartData => ({
  ...frameOf(data),
  label: said.overTime,
  series: [
    { name: said.ok, colour: "var(--series-1)", values: data.points.map(({ ok }) => ok), format: formatCount },
    { name: said.failed, colour: "var(--fail)", values: data.points.map(({ error }) => error), format: formatCount },
  ],
});

const timesOf = (data: Pointed): ChartData => ({
  ...frameOf(data),
  label: said.times,
  series: (["p50", "p95", "p99"] as const).map((name, at) => ({
    name,
    colour: `var(--series-${at + 1})`,
    values: data.points.map((point) => point[name]),
    format: formatDuration,
  })),
});

const moneyOf = (data: Pointed): ChartData => ({
  ...frameOf(data),
  label: said.money,
  series: [
    { name: said.spent, colour: "var(--series-1)", values: data.points.map(({ spent }) => spent), format: dollars },
    { name: said.earned, colour: "var(--series-2)", values: data.points.map(({ earned }) => earned), format: dollars },
  ],
});
