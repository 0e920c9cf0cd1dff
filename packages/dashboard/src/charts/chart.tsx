import { formatInstant } from "@agentgate/protocol/format";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useId, useRef, useState } from "react";
import { usePreferences } from "../app/preferences.ts";
import { en } from "../messages/en.ts";
import { ChartTable } from "./chart-table.tsx";
import { type ScaleLinear, scaleLinear } from "./scale.ts";
import { SeenMark, type SeenTimes } from "./seen-times.tsx";
import { type ChartData, toldSeries } from "./series.ts";
import { TimeAxis } from "./time-axis.tsx";
import { useWidth } from "./use-width.ts";
import type { ValueAxis } from "./value-axis.ts";

interface ChartProps {
  data: ChartData;
  /** How values stand above each other, between these pixels. */
  axisOf(bottom: number, top: number): ValueAxis;
  /** How marks on the left are told. */
  formatMark(value: number): string;
  children(scales: { x: ScaleLinear; y: ScaleLinear; slot: number }): ReactNode;
  /** What to show for a time: its calls. */
  onPick?(from: number, to: number): void;
  /** A span of time that was drawn over. */
  onBrush?(from: number, to: number): void;
  /** What is looked at elsewhere, as by a list below. */
  seen?: SeenTimes | undefined;
  /** What else its colours stand for. */
  legend?: ReactNode;
}

const HEIGHT = 160;
const BOTTOM = 24;
const LEFT = 56;
/** Keys by which the reading line moves. */
const MOVES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]);

/** Axes, a reading line that follows the pointer, or the arrow keys as a slider does, and the numbers as a table. */
export function Chart({ data, axisOf, formatMark, children, onPick, onBrush, seen, legend }: ChartProps) {
  const { zone } = usePreferences();
  const [ref, width] = useWidth();
  // A chart has a pattern of its own: in another theme it has another ground.
  const hatch = useId();
  const [reads, setAt] = useState<number>();
  const [brushes, setBrushedFrom] = useState<number>();
  const { times, stepMs, label, isUnfinished } = data;
  const first = times[0] ?? 0;
  const end = (times.at(-1) ?? 0) + stepMs;
  const x = scaleLinear([first, end], [LEFT, width]);
  const { y, marks } = axisOf(HEIGHT - BOTTOM, 8);
  const slot = times.length > 0 ? (width - LEFT) / times.length : 0;
  const within = (to: number) => Math.min(times.length - 1, Math.max(0, to));
  // Another range may have fewer points than the one that was read.
  const [at, brushedFrom] = [reads, brushes].map((index) =>
    index === undefined || times.length === 0 ? undefined : within(index),
  );
  const indexAt = ({ nativeEvent: { offsetX } }: PointerEvent) => within(Math.floor((offsetX - LEFT) / slot));
  const readBefore = useRef<number>(undefined);
  const pick = () => at !== undefined && onPick?.(times[at]!, times[at]! + stepMs);
  const release = (isChosen = true) => {
    setBrushedFrom(undefined);
    if (at === undefined) return;
    const [start, last] = [Math.min(brushedFrom ?? at, at), Math.max(brushedFrom ?? at, at)];
    if (onBrush && last > start) onBrush(times[start]!, times[last]! + stepMs);
    else if (isChosen) pick();
  };
  const leave = () => {
    setAt(undefined);
    setBrushedFrom(undefined);
  };
  const onKeyDown = ({ key, shiftKey }: KeyboardEvent) => {
    if (key === "Enter") release();
    else if (key === "Escape") leave();
    else if (onBrush && MOVES.has(key)) setBrushedFrom((from) => (shiftKey ? (from ?? at) : undefined));
  };
  const reading = at === undefined ? undefined : readingOf(data, at, zone);
  const brushed = brushedFrom === undefined || brushedFrom === at ? undefined : timeTold(times[brushedFrom]!, zone);
  return (
    <figure>
      <figcaption className="flex min-h-5 flex-wrap gap-x-4 pb-2 text-ink-2">
        {toldSeries(data).map(({ name, colour }, index) => (
          <span key={name} className="inline-flex items-center gap-1.5">
            <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
              {index < data.series.length ? (
                <rect width="10" height="10" fill={colour} />
              ) : (
                <rect x="0.5" y="0.5" width="9" height="9" fill="none" stroke={colour} strokeDasharray="3 2" />
              )}
            </svg>
            {name} {reading?.values[index]}
          </span>
        ))}
        {legend}
        {reading && <span>{reading.time}</span>}
      </figcaption>
      {/* As high as the drawing, before there is a width to draw it in. */}
      <div ref={ref} className="min-h-40">
        <input
          type="range"
          className="peer spoken"
          aria-label={label}
          aria-valuetext={reading ? spoken(data, reading, brushed) : label}
          min={0}
          max={Math.max(0, times.length - 1)}
          value={at ?? times.length - 1}
          onFocus={() => setAt((now) => now ?? times.length - 1)}
          onBlur={leave}
          onChange={({ target }) => setAt(within(Number(target.value)))}
          onKeyDown={onKeyDown}
          {...(onBrush && { "aria-description": en.chartKeys })}
        />
        {width > 0 && (
          <svg
            width={width}
            height={HEIGHT}
            aria-hidden="true"
            className={`touch-pan-y select-none peer-focus-visible:outline-2 peer-focus-visible:outline-accent ${onBrush ? "cursor-crosshair" : ""}`}
            onPointerMove={(event) => setAt(indexAt(event))}
            onPointerDown={(event) => {
              if (event.button !== 0) return;
              // What is drawn over goes on where the pointer leaves the chart.
              event.currentTarget.setPointerCapture(event.pointerId);
              readBefore.current = at;
              setAt(indexAt(event));
              setBrushedFrom(indexAt(event));
            }}
            onPointerLeave={({ pointerType }) => pointerType !== "touch" && leave()}
            onPointerCancel={leave}
            // A finger reads first, and chooses what it has read.
            onPointerUp={({ button, pointerType }) =>
              button === 0 && release(pointerType !== "touch" || readBefore.current === at)
            }
          >
            <defs>
              <pattern id={hatch} width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
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
            {seen && <SeenMark times={seen} x={x} y={HEIGHT - BOTTOM} left={LEFT} right={width} />}
            {onBrush && brushedFrom !== undefined && at !== undefined && (
              <rect
                x={x(times[Math.min(brushedFrom, at)]!)}
                y="8"
                width={(Math.abs(at - brushedFrom) + 1) * slot}
                height={HEIGHT - BOTTOM - 8}
                fill="var(--accent-wash)"
              />
            )}
            {children({ x, y, slot })}
            {isUnfinished && times.length > 0 && (
              <rect
                x={x(times.at(-1)!)}
                y="8"
                width={slot}
                height={HEIGHT - BOTTOM - 8}
                fill={`url(#${hatch})`}
                opacity="0.6"
              />
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

const timeTold = (ms: number, zone: string): string => formatInstant(ms, { zone }).slice(0, 16);

const spoken = (data: ChartData, { time, values }: Reading, brushedFrom: string | undefined) =>
  `${brushedFrom === undefined ? "" : `${brushedFrom} – `}${time}: ${toldSeries(data)
    .map(({ name }, index) => `${name} ${values[index]}`)
    .join(", ")}`;

function readingOf(data: ChartData, at: number, zone: string): Reading {
  const values = toldSeries(data).map(({ values, format }) => {
    const value = values[at];
    return value === null || value === undefined ? "–" : format(value);
  });
  return { time: timeTold(data.times[at]!, zone), values };
}
