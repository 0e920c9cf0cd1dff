import { Chart } from "./chart.tsx";
import { type Heat, rowsAxis, shadeOf } from "./heat.ts";
import { pathsOf } from "./line-chart.tsx";
import type { ChartData } from "./series.ts";

interface HeatChartProps {
  /** Lines over the map. */
  data: ChartData;
  heat: Heat;
  formatMark(value: number): string;
  /** What pale and dark stand for. */
  few: string;
  many: string;
  onPick?(from: number, to: number): void;
  onBrush?(from: number, to: number): void;
}

const SHADES = [0.12, 0.34, 0.56, 0.78, 1];

/** How many took how long, by shade; over it what half of them, and all but the slowest, took. */
export function HeatChart({ data, heat, formatMark, few, many, onPick, onBrush }: HeatChartProps) {
  const { times, series } = data;
  const { bounds, counts } = heat;
  const most = counts.reduce((largest, rows) => Math.max(largest, ...rows), 0);
  return (
    <Chart
      data={data}
      axisOf={rowsAxis(heat)}
      formatMark={formatMark}
      legend={
        <span className="inline-flex items-center gap-1.5">
          {few}
          <svg viewBox="0 0 50 10" width="50" height="10" aria-hidden="true">
            {SHADES.map((shade, at) => (
              <rect key={shade} x={at * 10} width="10" height="10" fill="var(--accent)" fillOpacity={shade} />
            ))}
          </svg>
          {many}
        </span>
      }
      {...(onPick && { onPick })}
      {...(onBrush && { onBrush })}
    >
      {({ x, y, slot }) => (
        <>
          {times.map((time, at) =>
            counts[at]?.map((count, row) => {
              if (count === 0) return null;
              const [top, bottom] = [y(bounds[row]!), y(row > 0 ? bounds[row - 1]! : 0)];
              return (
                <rect
                  key={`${time} ${bounds[row]}`}
                  x={x(time)}
                  y={top}
                  width={Math.max(1, slot)}
                  height={bottom - top}
                  fill="var(--accent)"
                  fillOpacity={shadeOf(count, most)}
                />
              );
            }),
          )}
          {series.map(({ name, colour, values }) => {
            const { lines, dots } = pathsOf(times, values, x, y, slot);
            return (
              <g key={name} fill="none" strokeLinecap="round">
                <path d={lines + dots} stroke="var(--paper)" strokeWidth="4" />
                <path d={lines} stroke={colour} strokeWidth="1.5" />
                <path d={dots} stroke={colour} strokeWidth="5" />
              </g>
            );
          })}
        </>
      )}
    </Chart>
  );
}
