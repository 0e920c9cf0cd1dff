import type { Agent, StatsSeries } from "@agentgate/client";
import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatMoney, moneyDecimals } from "@agentgate/protocol/format";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { gateway } from "../../../app/api.ts";
import type { PlainSearch } from "../../../app/plain-search.ts";
import { RangePicker } from "../../../app/range-picker.tsx";
import { instantsOf, rangeOf, searchOf, stepOf } from "../../../app/time-range.ts";
import { useGrainedNow } from "../../../app/use-now.ts";
import { BarChart } from "../../../charts/bar-chart.tsx";
import type { ChartData } from "../../../charts/series.ts";
import { en } from "../../../messages/en.ts";
import { Loaded } from "../../../ui/loaded.tsx";
import { Section } from "../../../ui/page.tsx";
import { TopTable } from "../../overview/top-table.tsx";

const GRAIN_MS = 60_000;
const said = en.agentDetail;
const money = (dollars: number) => formatMoney(microDollarsFromNumber(dollars));

/** What callers paid for the agent, and what of that its owner got. */
export function EarningsTab({ agent: { id, price_per_task } }: { agent: Agent }) {
  const search = useSearch({ strict: false }) as PlainSearch;
  const range = rangeOf(search);
  const now = useGrainedNow(GRAIN_MS);
  const { from, to } = instantsOf(range, now);
  const asked = { agentIds: [id], from: new Date(from), to: new Date(to) };
  const series = useQuery({
    queryKey: ["agents", "one", id, "series", from, to, "earned"],
    queryFn: ({ signal }) => gateway.stats.series({ ...asked, step: stepOf({ from, to }), signal }),
    placeholderData: keepPreviousData,
  });
  const payers = useQuery({
    queryKey: ["agents", "one", id, "payers", from, to, "earned"],
    queryFn: ({ signal }) => gateway.stats.top("payer", { ...asked, sort: "earned", signal }),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <RangePicker range={range} />
      <Loaded query={series} rows={8}>
        {(data) => (
          <>
            <Sums series={data} />
            <Section title={said.earnedOverTime}>
              <BarChart data={earnedOf(data)} formatMark={money} />
            </Section>
          </>
        )}
      </Loaded>
      <Section title={said.fromWhom}>
        <Loaded query={payers} rows={4}>
          {({ entries }) => {
            const paying = entries.filter(({ spent }) => spent > 0);
            return (
              <TopTable
                caption={said.fromWhom}
                by="payer"
                entries={paying}
                none={price_per_task > 0 ? said.nothingEarned : said.isFree}
                calls={{ ...searchOf(range), agent_id: id }}
                hasEarned
              />
            );
          }}
        </Loaded>
      </Section>
    </div>
  );
}

/** In micro-dollars, so that they add up exactly. */
function Sums({ series: { points } }: { series: StatsSeries }) {
  let [paid, earned] = [0n, 0n];
  for (const point of points) {
    paid += microDollarsFromNumber(point.spent);
    earned += microDollarsFromNumber(point.earned);
  }
  const format = { decimals: moneyDecimals(paid, earned - paid, earned) };
  return (
    <dl className="ledger">
      <dt>{said.paidByCallers}</dt>
      <dd>{formatMoney(paid, format)}</dd>
      <dt>{said.fee}</dt>
      <dd>{formatMoney(earned - paid, format)}</dd>
      <dt className="font-strong">{en.agents.earned}</dt>
      <dd className="font-strong">{formatMoney(earned, format)}</dd>
    </dl>
  );
}

const earnedOf = (data: StatsSeries): ChartData => ({
  label: said.earnedOverTime,
  times: data.points.map(({ t }) => Date.parse(t)),
  stepMs: data.step * 1000,
  isUnfinished: data.points.at(-1)?.unfinished ?? false,
  series: [
    {
      name: en.agents.earned,
      colour: "var(--series-1)",
      values: data.points.map(({ earned }) => earned),
      format: money,
    },
  ],
});
