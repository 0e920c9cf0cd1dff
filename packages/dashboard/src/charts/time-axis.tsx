import { formatClock, formatDay } from "@agentgate/protocol/format";
import type { ScaleLinear } from "./scale.ts";
import { roundTimes } from "./time-marks.ts";

interface TimeAxisProps {
  times: readonly number[];
  stepMs: number;
  x: ScaleLinear;
  y: number;
  zone: string;
  width: number;
}

const DAY = 86_400_000;
const LABEL_PX = 64;
/** Room for the last. */
const LABEL_END_PX = 36;
/** Room for what whole days are. */
const ZONE_PX = 64;

/** Times under a chart: round hours, or days, as many as there is room for. Whole days are UTC's, and say so. */
export function TimeAxis({ times, stepMs, x, y, zone, width }: TimeAxisProps) {
  const isDaily = stepMs >= DAY;
  const minuteOf = (ms: number) => {
    const [hours = 0, minutes = 0] = formatClock(ms, { zone }).split(":").map(Number);
    return hours * 60 + minutes;
  };
  const every = Math.max(1, Math.ceil(times.length / Math.max(1, Math.floor(width / (LABEL_PX + 16)))));
  const marks = isDaily
    ? times.filter((time, at) => at % every === 0 && x(time) <= width - LABEL_END_PX - ZONE_PX)
    : roundTimes(times, stepMs, Math.max(1, Math.floor(width / LABEL_PX)), minuteOf);
  const label = (ms: number) => {
    if (isDaily || minuteOf(ms) === 0) return formatDay(ms, { zone: isDaily ? "UTC" : zone }).slice(5);
    return formatClock(ms, { zone }).slice(0, 5);
  };
  return (
    <g className="fill-ink-3 text-fine">
      {marks.map((time) =>
        x(time) <= width - LABEL_END_PX ? (
          <g key={time}>
            <path d={`M${x(time).toFixed(1)} ${y}v4`} stroke="var(--edge)" />
            <text x={x(time)} y={y + 17}>
              {label(time)}
            </text>
          </g>
        ) : null,
      )}
      {isDaily && (
        <text x={width} y={y + 17} textAnchor="end">
          UTC days
        </text>
      )}
    </g>
  );
}
