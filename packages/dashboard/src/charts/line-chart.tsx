import { Chart } from "./chart.tsx";
import type { ScaleLinear } from "./scale.ts";
import { type ChartData, largest } from "./series.ts";

interface LineChartProps {
  data: ChartData;
  formatMark(value: number): string;
  onPick?(from: number, to: number): void;
}

/** Lines beside each other: what does not add up. Broken where nothing is known. */
export function LineChart({ data, formatMark, onPick }: LineChartProps) {
  const { times, series } = data;
  const top = largest(series.flatMap(({ values }) => values));
  return (
    <Chart data={data} top={top} formatMark={formatMark} {...(onPick && { onPick })}>
      {({ x, y, slot }) =>
        series.map(({ name, colour, values }) => (
          <path key={name} d={pathOf(times, values, x, y, slot)} fill="none" stroke={colour} strokeWidth="1.5" />
        ))
      }
    </Chart>
  );
}

function pathOf(
  times: readonly number[],
  values: readonly (number | null)[],
  x: ScaleLinear,
  y: ScaleLinear,
  slot: number,
): string {
  let path = "";
  let isBroken = true;
  for (const [at, time] of times.entries()) {
    const value = values[at] ?? null;
    if (value === null) {
      isBroken = true;
      continue;
    }
    const point = `${(x(time) + slot / 2).toFixed(1)} ${y(value).toFixed(1)}`;
    // A point between gaps is a dot: a line of no length with round ends would be none.
    const isAlone = isBroken && (values[at + 1] ?? null) === null;
    path += isAlone ? `M${point}h2` : `${isBroken ? "M" : "L"}${point}`;
    isBroken = false;
  }
  return path;
}
