import { formatClock, formatDay } from "@agentgate/protocol/format";
import type { ScaleLinear } from "./scale.ts";

interface TimeAxisProps {
  times: readonly number[];
  stepMs: number;
  x: ScaleLinear;
  y: number;
  zone: string;
  width: number;
}

const DAY = 86_400_000;
const LABEL_PX = 88;
/** Room for the last. */
const LABEL_END_PX = 36;

/** Times under a chart: hours of a day, or days, as many as there is room for. Whole days are UTC's, and say so. */
export function TimeAxis({ times, stepMs, x, y, zone, width }: TimeAxisProps) {
  const every = Math.max(1, Math.ceil(times.length / Math.max(1, Math.floor(width / LABEL_PX))));
  const isDaily = stepMs >= DAY;
  const label = (ms: number) => {
    if (isDaily) return formatDay(ms, { zone: "UTC" }).slice(5);
    return formatClock(ms, { zone }).slice(0, 5);
  };
  return (
    <g className="fill-ink-3 text-fine">
      {times.map((time, at) =>
        at % every === 0 ? (
          <text key={time} x={Math.min(x(time), width - LABEL_END_PX)} y={y + 16}>
            {label(time)}
          </text>
        ) : null,
      )}
      {isDaily && (
        <text x={width} y={y + 16} textAnchor="end">
          UTC days
        </text>
      )}
    </g>
  );
}
