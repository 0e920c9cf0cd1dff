import { formatInstant } from "@agentgate/protocol/format";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { usePreferences } from "../app/preferences.ts";
import { ChartTable } from "./chart-table.tsx";
import { roundMarks, type ScaleLinear, scaleLinear } from "./scale.ts";
import { type ChartData, largest, MARKS } from "./series.ts";
import { TimeAxis } from "./time-axis.tsx";
import { useWidth } from "./use-width.ts";

interface ChartProps {
  data: ChartData;
  /** The largest value to show. */
  top: number;
  /** How marks on the left are told. */
  formatMark(value: number): string;
  children(scales: { x: ScaleLinear; y: ScaleLinear; slot: number }): ReactNode;
  /** What to show for a time: its calls. */
  onPick?(from: number, to: number): void;
}

const HEIGHT = 160;
const BOTTOM = 24;
const LEFT = 56;
const HATCH = "url(#unfinished)";

/** Axes, a reading line that follows the pointer, or the arrow keys as a slider does, and the numbers as a table. */
export function Chart({ data, top, formatMark, children, onPick }: ChartProps) {
  const { zone } = usePreferences();
  const [ref, width] = useWidth();
  const [at, setAt] = useState<number>();
  const { times, stepMs, series, label, isUnfinished } = data;
  const first = times[0] ?? 0;
  const end = (times.at(-1) ?? 0) + stepMs;
  const marks = roundMarks(largest([top]), MARKS);
  const x = scaleLinear([first, end], [LEFT, width]);
  const y = scaleLinear([0, marks.at(-1)!], [HEIGHT - BOTTOM, 8]);
  const slot = times.length > 0 ? (width - LEFT) / times.length : 0;
  const move = (to: number) => setAt(Math.min(times.length - 1, Math.max(0, to)));
  const pick = () => at !== undefined && onPick?.(times[at]!, times[at]! + stepMs);
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === "Enter") pick();
    else if (key === "Escape") setAt(undefined);
  };
  const reading = at === undefined ? undefined : readingOf(data, at, zone);
  return (
    <figure>
      <figcaption className="flex min-h-5 flex-wrap gap-x-4 pb-2 text-ink-2">
        {series.map(({ name, colour }, index) => (
          <span key={name} className="inline-flex items-center gap-1.5">
            <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
              <rect width="10" height="10" fill={colour} />
            </svg>
            {name} {reading?.values[index]}
          </span>
        ))}
        {reading && <span>{reading.time}</span>}
      </figcaption>
      <div ref={ref}>
        <input
          type="range"
          className="peer spoken"
          aria-label={label}
          aria-valuetext={reading ? spoken(data, reading) : label}
          min={0}
          max={Math.max(0, times.length - 1)}
          value={at ?? times.length - 1}
          onFocus={() => setAt((now) => now ?? times.length - 1)}
          onBlur={() => setAt(undefined)}
          onChange={({ target }) => move(Number(target.value))}
          onKeyDown={onKeyDown}
        />
        {width > 0 && (
          <svg
            width={width}
            height={HEIGHT}
            aria-hidden="true"
            className="peer-focus-visible:outline-2 peer-focus-visible:outline-accent"
            onPointerMove={({ nativeEvent: { offsetX } }) => move(Math.floor((offsetX - LEFT) / slot))}
            onPointerLeave={() => setAt(undefined)}
            onClick={pick}
          >
            <defs>
              <pattern id="unfinished" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <path d="M0 0v4" stroke="var(--paper)" strokeWidth="4" />
              </pattern>
            </defs>
            {marks.map((mark) => (
              <g key={mark}>
                <path d={`M${LEFT} ${y(mark) + 0.5}H${width}`} stroke="var(--line)" />
                <text x={LEFT - 8} y={y(mark) + 4} textAnchor="end" className="fill-ink-3 text-fine">
                  {formatMark(mark)}
                </text>
              </g>
            ))}
            {children({ x, y, slot })}
            {isUnfinished && times.length > 0 && (
              <rect x={x(times.at(-1)!)} y="8" width={slot} height={HEIGHT - BOTTOM - 8} fill={HATCH} opacity="0.6" />
            )}
            {at !== undefined && <path d={`M${x(times[at]!) + slot / 2} 8V${HEIGHT - BOTTOM}`} stroke="var(--ink-2)" />}
            <TimeAxis times={times} stepMs={stepMs} x={x} y={HEIGHT - BOTTOM} zone={zone} width={width} />
          </svg>
        )}
      </div>
      <ChartTable {...data} />
    </figure>
  );
}

interface Reading {
  time: string;
  values: string[];
}

const spoken = ({ series }: ChartData, { time, values }: Reading) =>
  `${time}: ${series.map(({ name }, index) => `${name} ${values[index]}`).join(", ")}`;

function readingOf({ times, series }: ChartData, at: number, zone: string): Reading {
  const values = series.map(({ values, format }) => {
    const value = values[at];
    return value === null || value === undefined ? "–" : format(value);
  });
  return { time: formatInstant(times[at]!, { zone }).slice(0, 16), values };
}
