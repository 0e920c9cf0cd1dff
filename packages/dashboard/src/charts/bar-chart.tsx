import { Chart } from "./chart.tsx";
import type { ScaleLinear } from "./scale.ts";
import type { SeenTimes } from "./seen-times.tsx";
import { type ChartData, largest } from "./series.ts";
import { fromNothing } from "./value-axis.ts";

interface BarChartProps {
  data: ChartData;
  formatMark(value: number): string;
  onPick?(from: number, to: number): void;
  onBrush?(from: number, to: number): void;
  seen?: SeenTimes | undefined;
}

/** Bars on each other: what adds up. */
export function BarChart({ data, formatMark, onPick, onBrush, seen }: BarChartProps) {
  const { times, series, before } = data;
  const totals = times.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  return (
    <Chart
      data={data}
      axisOf={fromNothing(largest([...totals, ...(before?.values ?? [])]))}
      formatMark={formatMark}
      seen={seen}
      {...(onPick && { onPick })}
      {...(onBrush && { onBrush })}
    >
      {({ x, y, slot }) => [
        ...times.map((time, at) => {
          let below = 0;
          const gap = slot > 4 ? 1 : 0;
          return series.map(({ name, colour, values }) => {
            const value = values[at] ?? 0;
            if (value === 0) return null;
            const [bottom, top] = [y(below), y(below + value)];
            below += value;
            // Whatever there is, be it one of thousands, can be seen.
            const height = Math.max(1, bottom - top);
            return (
              <rect
                key={`${name} ${time}`}
                x={x(time)}
                y={bottom - height}
                width={Math.max(1, slot - gap)}
                height={height}
                fill={colour}
              />
            );
          });
        }),
        before && (
          <path key="before" d={stepsOf(data, x, y, slot)} fill="none" stroke={before.colour} strokeDasharray="3 2" />
        ),
      ]}
    </Chart>
  );
}

/** A level for each point, with steps between. */
const stepsOf = ({ times, before }: ChartData, x: ScaleLinear, y: ScaleLinear, slot: number): string =>
  times
    .map(
      (time, at) =>
        `${at === 0 ? "M" : "L"}${x(time).toFixed(1)} ${y(before?.values[at] ?? 0).toFixed(1)}h${slot.toFixed(1)}`,
    )
    .join("");
