import { microDollarsFromNumber, type OrgBilling, type OrgBillingBreakdown } from "@agentgate/protocol";
import { formatCount, formatMoney, formatShortCount } from "@agentgate/protocol/format";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { gatewayNow } from "../../app/gateway-clock.ts";
import { useMay } from "../../app/use-may.ts";
import { useSampleAgent } from "../../app/use-sample-agent.ts";
import { BarChart } from "../../charts/bar-chart.tsx";
import { LineChart } from "../../charts/line-chart.tsx";
import type { ChartData } from "../../charts/series.ts";
import { en } from "../../messages/en.ts";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { Section } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { ThresholdForm } from "../../ui/threshold-form.tsx";
import { Money } from "../../ui/values.tsx";
import { daysOf } from "./metered-days.ts";
import { billingQuery, breakdownQuery } from "./usage-api.ts";

const said = en.usage;
const DAY = 86_400_000;
const dollars = (value: number) => formatMoney(microDollarsFromNumber(value));

/** The meter of an organization's own agents, by day, and the line at which somebody is told. */
export function Metered({ orgId }: { orgId: string }) {
  const billing = useQuery(billingQuery(orgId));
  const breakdown = useQuery(breakdownQuery(orgId));
  return (
    <Loaded query={billing} rows={4}>
      {(sums) => (
        <>
          <Figures of={sums} />
          <p className="max-w-xl text-ink-2">{said.meteredWhy(dollars(sums.cost_per_invocation))}</p>
          <Loaded query={breakdown} rows={6}>
            {(days) => <Charts billing={sums} breakdown={days} />}
          </Loaded>
          <Section title={said.alert}>
            <AlertForm orgId={orgId} threshold={sums.alert_threshold} />
          </Section>
        </>
      )}
    </Loaded>
  );
}

function Figures({ of: billing }: { of: OrgBilling }) {
  const { total_invocations, total_errors, total_cost, alert_threshold, alert_triggered } = billing;
  const left = alert_threshold === null ? 0 : alert_threshold - total_cost;
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 broad:grid-cols-4" aria-label={said.metered}>
      <div className="border-ink-1 border-t pt-2">
        <dt className="text-ink-2">{said.calls}</dt>
        <dd className="font-strong text-title">{formatCount(total_invocations)}</dd>
      </div>
      <div className="border-ink-1 border-t pt-2">
        <dt className="text-ink-2">{said.failed}</dt>
        <dd className="font-strong text-title">{formatCount(total_errors)}</dd>
      </div>
      <div className="border-ink-1 border-t pt-2">
        <dt className="text-ink-2">{said.cost}</dt>
        <dd className="font-strong text-title">
          <Money dollars={total_cost} />
        </dd>
      </div>
      <div className="border-ink-1 border-t pt-2">
        <dt className="text-ink-2">{said.alertAt}</dt>
        <dd className="font-strong text-title">
          {alert_threshold === null ? said.noAlert : <Money dollars={alert_threshold} />}
        </dd>
        {alert_threshold !== null && (
          <dd>
            {alert_triggered ? (
              <State is="slow" word={said.alertReached} />
            ) : (
              <span className="text-ink-3">{said.alertOpen(dollars(Math.max(0, Math.round(left * 1e6) / 1e6)))}</span>
            )}
          </dd>
        )}
      </div>
    </dl>
  );
}

function Charts({ billing, breakdown }: { billing: OrgBilling; breakdown: OrgBillingBreakdown }) {
  if (breakdown.breakdown.length === 0) return <NoCalls />;
  const days = daysOf(breakdown, billing.total_cost, gatewayNow());
  const frame = { times: days.map(({ time }) => time), stepMs: DAY, isUnfinished: true };
  const calls: ChartData = {
    ...frame,
    label: said.byDay,
    series: [
      { name: said.ok, colour: "var(--series-1)", values: days.map(({ ok }) => ok), format: formatCount },
      { name: said.failed, colour: "var(--fail)", values: days.map(({ errors }) => errors), format: formatCount },
    ],
  };
  const threshold = billing.alert_threshold;
  const cost: ChartData = {
    ...frame,
    label: said.costByDay,
    series: [
      { name: said.soFar, colour: "var(--series-1)", values: days.map(({ soFar }) => soFar), format: dollars },
      ...(threshold === null
        ? []
        : [{ name: said.alertLine, colour: "var(--warn)", values: days.map(() => threshold), format: dollars }]),
    ],
  };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8 full:grid-cols-2">
      <Section title={said.byDay}>
        <BarChart data={calls} formatMark={formatShortCount} />
      </Section>
      <Section title={said.costByDay}>
        <LineChart data={cost} formatMark={dollars} />
      </Section>
    </div>
  );
}

function AlertForm({ orgId, threshold }: { orgId: string; threshold: number | null }) {
  const may = useMay();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (billingAlertThreshold: number) => gateway.updateOrg(orgId, { billingAlertThreshold }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["billing", orgId] }),
  });
  if (!may("orgs:write")) return <NotAllowed what={said.alert} scope="orgs:write" />;
  return (
    <ThresholdForm
      label={said.alertDollars}
      hint={said.alertHint}
      field="billing_alert_threshold"
      value={threshold}
      save={save}
    />
  );
}

function NoCalls() {
  const agentId = useSampleAgent();
  const command = `curl -s ${location.origin}/agents/${agentId}/task \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"id":"task-1","message":{"parts":[{"type":"text","text":"Hello!"}]}}'`;
  return <Empty command={command}>{said.noCalls}</Empty>;
}
