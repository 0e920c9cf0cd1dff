import { formatCount, formatDuration, formatPercent, formatShortCount, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { RangePicker } from "../../app/range-picker.tsx";
import { instantsOf, rangeOf, searchOf } from "../../app/time-range.ts";
import { useChartRange } from "../../app/use-chart-range.ts";
import { useGrainedNow } from "../../app/use-now.ts";
import { BarChart } from "../../charts/bar-chart.tsx";
import { LineChart } from "../../charts/line-chart.tsx";
import { formatDurationMark } from "../../charts/value-axis.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Figure } from "../../ui/figure.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { SameByCurl } from "../../ui/same-by-curl.tsx";
import { Money } from "../../ui/values.tsx";
import { callsOf, timesOf } from "../overview/charts.ts";
import { Failures } from "../overview/failures.tsx";
import { ToLogs } from "../overview/figures.tsx";
import { type Span, type StatsSeries, seriesQuery, totalsOf, typical } from "../overview/stats.ts";
import { spendersQuery } from "./admin-overview-api.ts";
import { Condition } from "./condition.tsx";

/** Moving ranges end at whole half minutes, so that a page asks anew as often as that. */
const GRAIN_MS = 30_000;
const NAME_MAX = 40;
const said = enAdmin.adminOverview;

/** The gateway at a glance: how it fares, what fails, who spends, and what waits for the operator. */
export function AdminOverview() {
  const search = useSearch({ strict: false }) as PlainSearch;
  const now = useGrainedNow(GRAIN_MS);
  const range = useMemo(() => rangeOf(search), [search]);
  const span: Span = instantsOf(range, now);
  const inRange = searchOf(range);
  const charts = useChartRange();
  const series = useQuery(seriesQuery({ span }));
  const spenders = useQuery(spendersQuery(span));
  return (
    <Page title={en.adminPages.overview} actions={<RangePicker range={range} />}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
        <Loaded query={series} rows={3}>
          {(data) => <Traffic series={data} inRange={inRange} />}
        </Loaded>
        <Condition />
        <div className="grid grid-cols-[minmax(0,1fr)] gap-8 full:grid-cols-2">
          <Failures
            title={said.failing}
            asked={{ span }}
            calls={inRange}
            agent={(id, name) => (
              <Link to="/admin/agents" search={{ agent: id }}>
                {name}
              </Link>
            )}
          />
          <Section title={said.spenders} aside={<Link to="/admin/orgs">{said.toOrgs}</Link>}>
            <Loaded query={spenders} rows={5}>
              {(rows) =>
                rows.length === 0 ? (
                  <p className="text-ink-2">{said.noSpenders}</p>
                ) : (
                  <DataTable
                    caption={said.spenders}
                    columns={spenderColumns(inRange)}
                    rows={rows}
                    keyOf={({ key }) => key}
                  />
                )
              }
            </Loaded>
          </Section>
          <Loaded query={series} rows={6}>
            {(data) => (
              <>
                <Section title={said.overTime}>
                  <BarChart data={callsOf(data, true)} formatMark={formatShortCount} {...charts} />
                </Section>
                <Section title={said.times}>
                  <LineChart data={timesOf(data)} formatMark={formatDurationMark} isByDecades {...charts} />
                </Section>
              </>
            )}
          </Loaded>
        </div>
      </div>
      <SameByCurl
        paths={[
          "/stats/series?compare=true",
          "/stats/top?by=agent&sort=errors",
          "/stats/top?by=payer&sort=spent",
          "/admin/ledger/state",
          "/nodes",
          "/approvals",
          "/settings",
        ]}
      />
    </Page>
  );
}

type InRange = ReturnType<typeof searchOf>;

function Traffic({ series: { points, previous }, inRange }: { series: StatsSeries; inRange: InRange }) {
  const now = totalsOf(points);
  const before = previous && totalsOf(previous.points);
  const share = (ok: number, calls: number) => formatPercent(ok, calls) ?? "–";
  const [gatewayMs, tailMs, agentMs] = [typical(points, "gateway_p50"), tailOf(points), typical(points, "p50")];
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 broad:grid-cols-4">
      <Figure name={said.calls} aside={before && said.before(formatCount(before.calls))}>
        <ToLogs search={inRange}>{formatCount(now.calls)}</ToLogs>
      </Figure>
      <Figure name={said.success} aside={before && said.before(share(before.ok, before.calls))}>
        <ToLogs search={{ ...inRange, status: "error" }}>{share(now.ok, now.calls)}</ToLogs>
      </Figure>
      <Figure name={said.gatewayTime} aside={tailMs === null ? undefined : said.tail(formatDuration(tailMs))}>
        {gatewayMs === null ? "–" : said.about(formatDuration(gatewayMs))}
      </Figure>
      <Figure name={said.agentTime} aside={said.ofSpans}>
        {agentMs === null ? "–" : said.about(formatDuration(agentMs))}
      </Figure>
    </dl>
  );
}

/** The longest 99th percentile of the gateway's own time in any span: nothing was slower for more than a hundredth of the calls of one. */
const tailOf = (points: StatsSeries["points"]): number | null =>
  points.reduce<number | null>((most, { gateway_p99: p99 }) => (p99 === null ? most : Math.max(most ?? 0, p99)), null);

type Spender = { key: string; name: string | null; ok: number; error: number; spent: number; balance: number | null };

const spenderColumns = (inRange: InRange): Column<Spender>[] => [
  {
    id: "org",
    head: said.org,
    isName: true,
    cell: ({ key, name }) => (
      <>
        <Link to="/admin/orgs/$id" params={{ id: key }}>
          {shortText(name ?? said.goneOrg, NAME_MAX)}
        </Link>{" "}
        <code className="text-ink-3">{key.slice(0, 8)}</code>
      </>
    ),
  },
  {
    id: "calls",
    head: said.calls,
    isNumber: true,
    cell: ({ key, ok, error }) => (
      <Link to="/dashboard/logs" search={{ ...inRange, payer_org_id: key }} className="text-inherit">
        {formatCount(ok + error)}
      </Link>
    ),
  },
  { id: "spent", head: said.spent, isNumber: true, cell: ({ spent }) => <Money dollars={spent} /> },
  { id: "left", head: said.left, isNumber: true, cell: ({ balance }) => <Money dollars={balance} /> },
];
