import { Chart } from "./chart.tsx";
import { type ChartData, largest } from "./series.ts";

interface BarChartProps {
  data: ChartData;
  formatMark(value: number): string;
  onPick?(from: number, to: number): void;
}

/** Bars on each other: what adds up. */
export function BarChart({ data, formatMark, onPick }: BarChartProps) {
  const { times, series } = data;
  const totals = times.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  return (
    <Chart data={data} top={largest(totals)} formatMark={formatMark} {...(onPick && { onPick })}>
      {({ x, y, slot }) =>
        times.map((time, at) => {
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
        })
      }
    </Chart>
  );
}
