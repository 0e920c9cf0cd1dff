import type { Agent, AgentStats } from "@agentgate/client";
import { formatCount, formatPercent, formatShortCount, shortText } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { gateway } from "../../../app/api.ts";
import { BarChart } from "../../../charts/bar-chart.tsx";
import type { ChartData } from "../../../charts/series.ts";
import { en } from "../../../messages/en.ts";
import { Loaded } from "../../../ui/loaded.tsx";
import { Section } from "../../../ui/page.tsx";
import { State } from "../../../ui/state.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { Age, Duration } from "../../../ui/values.tsx";
import { agentHealthQuery, agentStatsQuery } from "../agents-api.ts";
import { useOwns } from "../use-owns.ts";

const DAYS = 90;
const DAY_MS = 86_400_000;
const said = en.agentDetail;

/** What the gateway found when it looked at the agent, and what callers found when they called it. */
export function HealthTab({ agent }: { agent: Agent }) {
  const stats = useQuery(agentStatsQuery(agent.id, DAYS));
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <LastCheck agent={agent} />
      <Loaded query={stats} rows={10}>
        {(known) => (
          <>
            <Figures stats={known} />
            <Section title={said.checksByDay}>
              <BarChart data={checksOf(known)} formatMark={formatShortCount} />
            </Section>
            <Section title={said.callsByDay}>
              <BarChart data={callsOf(known)} formatMark={formatShortCount} />
            </Section>
            <p className="text-ink-2">{said.utcDays}</p>
          </>
        )}
      </Loaded>
    </div>
  );
}

function LastCheck({ agent }: { agent: Agent }) {
  const { id } = agent;
  const isOwners = useOwns(agent);
  const queries = useQueryClient();
  const health = useQuery(agentHealthQuery(id));
  const check = useMutation({
    mutationFn: () => gateway.checkAgentHealth(id),
    onSuccess: (found) => {
      queries.setQueryData(agentHealthQuery(id).queryKey, found);
      void queries.invalidateQueries({ queryKey: ["agents", "one", id, "stats"] });
    },
  });
  return (
    <Section
      title={said.lastCheck}
      aside={
        isOwners && (
          <button type="button" className="button" disabled={check.isPending} onClick={() => check.mutate()}>
            {check.isPending ? said.checking : said.checkNow}
          </button>
        )
      }
    >
      <Loaded query={health} rows={2}>
        {(found) =>
          found.status === "unknown" ? (
            <p role="status">
              <State is="unknown" /> {shortText(found.message, 300)}
            </p>
          ) : (
            <div role="status" className="flex flex-wrap gap-x-6 gap-y-1">
              <State
                is={found.status === "healthy" ? "ok" : "failed"}
                word={en.states[found.status === "healthy" ? "healthy" : "unhealthy"]}
              />
              <Age at={found.last_check} />
              {found.latency_ms !== null && <Duration ms={found.latency_ms} />}
              {found.error && <span className="min-w-0">{shortText(found.error, 300)}</span>}
            </div>
          )
        }
      </Loaded>
      {check.isError && <TroubleBox error={check.error} />}
    </Section>
  );
}

function Figures({ stats }: { stats: AgentStats }) {
  const checks = stats.days.reduce((sum, day) => sum + day.checks, 0);
  const failed = stats.days.reduce((sum, day) => sum + day.failed, 0);
  const succeeded = Math.round((stats.success_30d ?? 0) * stats.calls_30d);
  return (
    <dl className="facts">
      <dt>{said.answersChecks}</dt>
      <dd>{formatPercent(checks - failed, checks) ?? "–"}</dd>
      <dt>{said.completes}</dt>
      <dd>{formatPercent(succeeded, stats.calls_30d) ?? "–"}</dd>
      <dt>{said.half}</dt>
      <dd>
        <Duration ms={stats.p50_ms} />
      </dd>
      <dt>{said.most}</dt>
      <dd>
        <Duration ms={stats.p95_ms} />
      </dd>
      <dt>{said.lastSuccess}</dt>
      <dd>
        <Age at={stats.last_success_at} />
      </dd>
    </dl>
  );
}

const frameOf = ({ days }: AgentStats) => ({
  times: days.map(({ day }) => Date.parse(day)),
  stepMs: DAY_MS,
  isUnfinished: true,
});

const checksOf = (stats: AgentStats): ChartData => ({
  ...frameOf(stats),
  label: said.checksByDay,
  series: [
    {
      name: en.states.healthy,
      colour: "var(--series-1)",
      values: stats.days.map(({ checks, failed }) => checks - failed),
      format: formatCount,
    },
    {
      name: en.states.unhealthy,
      colour: "var(--fail)",
      values: stats.days.map(({ failed }) => failed),
      format: formatCount,
    },
  ],
});

const callsOf = (stats: AgentStats): ChartData => ({
  ...frameOf(stats),
  label: said.callsByDay,
  series: [
    {
      name: en.overview.ok,
      colour: "var(--series-1)",
      values: stats.days.map(({ calls, errors }) => calls - errors),
      format: formatCount,
    },
    {
      name: en.overview.failed,
      colour: "var(--fail)",
      values: stats.days.map(({ errors }) => errors),
      format: formatCount,
    },
  ],
});
