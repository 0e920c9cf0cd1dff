import { Chart } from "./chart.tsx";
import type { ScaleLinear } from "./scale.ts";
import { type ChartData, largest } from "./series.ts";
import { byDecades, fromNothing } from "./value-axis.ts";

interface LineChartProps {
  data: ChartData;
  formatMark(value: number): string;
  onPick?(from: number, to: number): void;
  onBrush?(from: number, to: number): void;
  /** Values of many sizes: each decade is as high as the next. */
  isByDecades?: boolean;
}

/** Lines beside each other: what does not add up. Broken where nothing is known. */
export function LineChart({ data, formatMark, onPick, onBrush, isByDecades = false }: LineChartProps) {
  const { times, series } = data;
  const all = series.flatMap(({ values }) => values);
  return (
    <Chart
      data={data}
      axisOf={isByDecades ? byDecades(all) : fromNothing(largest(all))}
      formatMark={formatMark}
      {...(onPick && { onPick })}
      {...(onBrush && { onBrush })}
    >
      {({ x, y, slot }) =>
        series.map(({ name, colour, values }) => {
          const { lines, dots } = pathsOf(times, values, x, y, slot);
          return (
            <g key={name} fill="none" stroke={colour} strokeLinecap="round">
              <path d={lines} strokeWidth="1.5" />
              <path d={dots} strokeWidth="5" />
            </g>
          );
        })
      }
    </Chart>
  );
}

/** Lines through what is known, and dots where it stands between gaps. */
export function pathsOf(
  times: readonly number[],
  values: readonly (number | null)[],
  x: ScaleLinear,
  y: ScaleLinear,
  slot: number,
): { lines: string; dots: string } {
  let [lines, dots] = ["", ""];
  let isBroken = true;
  for (const [at, time] of times.entries()) {
    const value = values[at] ?? null;
    if (value === null) {
      isBroken = true;
      continue;
    }
    const point = `${(x(time) + slot / 2).toFixed(1)} ${y(value).toFixed(1)}`;
    if (isBroken && (values[at + 1] ?? null) === null) dots += `M${point}h0`;
    else lines += `${isBroken ? "M" : "L"}${point}`;
    isBroken = false;
  }
  return { lines, dots };
}
