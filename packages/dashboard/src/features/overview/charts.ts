import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatCount, formatDuration, formatMoney } from "@agentgate/protocol/format";
import type { Heat } from "../../charts/heat.ts";
import type { ChartData } from "../../charts/series.ts";
import { en } from "../../messages/en.ts";
import type { StatsSeries } from "./stats.ts";

const said = en.overview;
const dollars = (value: number) => formatMoney(microDollarsFromNumber(value));

const frameOf = ({ step, points }: Pick<StatsSeries, "step" | "points">) => ({
  times: points.map(({ t }) => Date.parse(t)),
  stepMs: step * 1000,
  isUnfinished: points.at(-1)?.unfinished ?? false,
});

/** How many succeeded and failed; with how many there were as long before. */
export function callsOf(data: StatsSeries, isCompared = false): ChartData {
  const { points, previous } = data;
  const counts = (of: "ok" | "error") => points.map((point) => point[of]);
  const before = isCompared ? (previous?.points ?? []).map(({ ok, error }) => ok + error) : [];
  return {
    ...frameOf(data),
    label: said.overTime,
    series: [
      { name: said.ok, colour: "var(--series-1)", values: counts("ok"), format: formatCount },
      { name: said.failed, colour: "var(--fail)", values: counts("error"), format: formatCount },
    ],
    ...(before.some((count) => count > 0) && {
      before: {
        name: said.before,
        colour: "var(--ink-3)",
        values: points.map((_, at) => before[at] ?? null),
        format: formatCount,
      },
    }),
  };
}

type TimeName = "gateway_p50" | "gateway_p99" | "p50" | "p99";

/** Where the time goes: the gateway's own, and the agents'. */
export const timesOf = (
  data: StatsSeries,
  names: readonly TimeName[] = ["gateway_p50", "gateway_p99", "p50", "p99"],
): ChartData => ({
  ...frameOf(data),
  label: said.times,
  series: names.map((name, at) => ({
    name: said.lines[name],
    colour: `var(--series-${at + 1})`,
    values: data.points.map((point) => point[name]),
    format: formatDuration,
  })),
});

/** What agents took: how many calls how long, with the median and the slowest over it. */
export function heatOf(data: StatsSeries): { data: ChartData; heat: Heat } | undefined {
  const { heat } = data;
  if (!heat || heat.bounds_ms.length === 0) return undefined;
  const { series, ...frame } = timesOf(data, ["p50", "p99"]);
  const colours = ["var(--ink-1)", "var(--series-2)"];
  return {
    data: { ...frame, label: said.spread, series: series.map((line, at) => ({ ...line, colour: colours[at]! })) },
    heat: { bounds: heat.bounds_ms, counts: heat.counts },
  };
}

export const moneyOf = (data: StatsSeries): ChartData => ({
  ...frameOf(data),
  label: said.money,
  series: [
    { name: said.spent, colour: "var(--series-1)", values: data.points.map(({ spent }) => spent), format: dollars },
    { name: said.earned, colour: "var(--series-2)", values: data.points.map(({ earned }) => earned), format: dollars },
  ],
});
