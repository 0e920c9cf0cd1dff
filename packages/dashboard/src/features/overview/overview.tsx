import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatCount, formatMoney, formatShortCount } from "@agentgate/protocol/format";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { keptSearch } from "../../app/kept-search.ts";
import { LiveMark } from "../../app/live/live-mark.tsx";
import { useLive } from "../../app/live/use-live.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { RangePicker } from "../../app/range-picker.tsx";
import { sessionQuery } from "../../app/session.ts";
import { instantsOf, rangeOf, searchOf } from "../../app/time-range.ts";
import { useChartRange } from "../../app/use-chart-range.ts";
import { useMay } from "../../app/use-may.ts";
import { useGrainedNow } from "../../app/use-now.ts";
import { BarChart } from "../../charts/bar-chart.tsx";
import { HeatChart } from "../../charts/heat-chart.tsx";
import { LineChart } from "../../charts/line-chart.tsx";
import { formatDurationMark } from "../../charts/value-axis.ts";
import { en } from "../../messages/en.ts";
import { CallAnAgent } from "../../ui/call-an-agent.tsx";
import { Loading } from "../../ui/loading.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { Segments } from "../../ui/segments.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { callsOf, heatOf, moneyOf, timesOf } from "./charts.ts";
import { Failures } from "./failures.tsx";
import { Figures } from "./figures.tsx";
import { type Asked, seriesQuery, totalsOf } from "./stats.ts";
import { TopList } from "./top-list.tsx";
import { undeliveredQuery, undeliveredSearch } from "./undelivered.ts";

/** Moving ranges end at whole half minutes, so that a page asks anew as often as that, and not with each render. */
const GRAIN_MS = 30_000;
/** What is told of calls has the page read anew at most so often. */
const LIVE_MS = 5_000;
const said = en.overview;
const dollars = (value: number) => formatMoney(microDollarsFromNumber(value));

/** Is it up, who calls, what fails, what was earned: each figure and each point of a chart leads to its calls. */
export function Overview() {
  const search = useSearch({ strict: false }) as PlainSearch;
  const now = useGrainedNow(GRAIN_MS);
  const range = useMemo(() => rangeOf(search), [search]);
  const { data: session } = useQuery(sessionQuery);
  const isOrg = session?.kind === "org";
  const asked: Asked = {
    span: instantsOf(range, now),
    orgId: session?.kind === "admin" ? search.org : undefined,
    isPayer: isOrg && search.role === "payer",
  };
  const series = useQuery(seriesQuery(asked));
  const told = useOverviewEvents(asked, isOrg);
  const isMoving = range.kind === "last";
  return (
    <Page
      title={en.pages.overview}
      actions={
        <div className="flex flex-wrap items-center gap-3">
          {isMoving && (
            <span role="status">
              <LiveMark told={told} readAtMs={series.dataUpdatedAt} />
            </span>
          )}
          <RangePicker range={range} />
        </div>
      }
    >
      {asked.orgId === undefined && <Undelivered />}
      <Choices search={search} isOrg={isOrg} />
      {series.isPending ? (
        <Loading rows={12} />
      ) : series.isError ? (
        <TroubleBox error={series.error} onRetry={() => void series.refetch()} />
      ) : (
        <Known
          asked={asked}
          series={series.data}
          search={search}
          walletOf={session?.org_id ?? asked.orgId}
          calls={{
            ...searchOf(range),
            ...(asked.isPayer && { role: "payer" }),
            ...(asked.orgId && { org: asked.orgId }),
          }}
        />
      )}
    </Page>
  );
}

/** What happens has it read anew. */
function useOverviewEvents({ orgId, isPayer }: Asked, isOrg: boolean) {
  const may = useMay();
  const queries = useQueryClient();
  return useLive({
    topics: [...(may("usage:read") ? ["stats"] : []), ...(isOrg && may("wallet:read") ? ["wallet"] : [])],
    filter: { ...(orgId && { org_id: orgId }), ...(isPayer && { role: "payer" }) },
    everyMs: LIVE_MS,
    onChange: () => {
      void queries.invalidateQueries({ queryKey: ["stats"] });
      void queries.invalidateQueries({ queryKey: ["wallet"] });
    },
  });
}

/** Webhooks that nobody has taken, where there are any. */
function Undelivered() {
  const may = useMay();
  const { data } = useQuery({ ...undeliveredQuery, enabled: may("webhooks:read") });
  if (!data || data.count === 0) return null;
  return (
    <p className="mb-6 flex flex-wrap items-baseline gap-x-4 border-fail border-l-2 bg-fail-wash px-4 py-2">
      {said.undelivered(formatCount(data.count), data.hasMore)}
      <Link to="/dashboard/webhooks" search={(now: PlainSearch) => ({ ...keptSearch(now), ...undeliveredSearch })}>
        {said.seeUndelivered}
      </Link>
    </p>
  );
}

/** Whose calls are looked at, and whether beside those of before. */
function Choices({ search, isOrg }: { search: PlainSearch; isOrg: boolean }) {
  const navigate = useNavigate();
  const set = (changes: PlainSearch) =>
    void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, ...changes }), resetScroll: false });
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2 pb-6">
      {isOrg && (
        <Segments
          name="role"
          label={en.logs.names.role}
          options={{ "": en.logs.roles.owner, payer: en.logs.roles.payer }}
          value={search.role ?? ""}
          onChange={(role) => set({ role })}
        />
      )}
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={search.compare !== "off"}
          onChange={({ target }) => set({ compare: target.checked ? undefined : "off" })}
        />
        {said.compare}
      </label>
    </div>
  );
}

interface KnownProps {
  asked: Asked;
  series: Parameters<typeof callsOf>[0];
  search: PlainSearch;
  walletOf: string | null | undefined;
  /** These calls in the log, as its address has them. */
  calls: PlainSearch;
}

function Known({ asked, series, search, walletOf, calls }: KnownProps) {
  const { isPayer } = asked;
  const isCompared = search.compare !== "off";
  const { onBrush, onPick } = useChartRange(isPayer ? { role: "payer" } : {});
  const charts = { onBrush, onPick };
  const spread = heatOf(series);
  const figures = <Figures series={series} orgId={walletOf} calls={calls} isCompared={isCompared} />;
  if (totalsOf(series.points).calls === 0 && totalsOf(series.previous?.points ?? []).calls === 0) {
    return (
      <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
        {figures}
        <CallAnAgent isPaid={isPayer}>{isPayer ? said.noCallsPaid : said.noCallsYet}</CallAnAgent>
      </div>
    );
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      {figures}
      <div className="grid grid-cols-[minmax(0,1fr)] gap-8 full:grid-cols-2">
        <Section title={said.overTime}>
          <BarChart data={callsOf(series, isCompared)} formatMark={formatShortCount} {...charts} />
        </Section>
        {spread && (
          <Section title={said.spread}>
            <HeatChart {...spread} formatMark={formatDurationMark} few={said.few} many={said.many} {...charts} />
          </Section>
        )}
        <Section title={said.times}>
          <LineChart data={timesOf(series)} formatMark={formatDurationMark} isByDecades {...charts} />
        </Section>
        <Section title={said.money}>
          <LineChart data={moneyOf(series)} formatMark={dollars} {...charts} />
        </Section>
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-8 full:grid-cols-2">
        <Failures
          title={said.failing}
          asked={asked}
          calls={calls}
          agent={(id, name) => (
            <Link to="/dashboard/agents/$id" params={{ id }} search={keptSearch}>
              {name}
            </Link>
          )}
        />
        <div className="grid grid-cols-[minmax(0,1fr)] content-start gap-8">
          <TopList title={said.topAgents} by="agent" asked={asked} calls={calls} />
          <TopList title={said.topPayers} by="payer" asked={asked} calls={calls} />
        </div>
      </div>
    </div>
  );
}
