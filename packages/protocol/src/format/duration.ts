const SPACE = "\u00a0";
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in milliseconds with three digits: `0.34 ms` has two of them after the point, `141 ms`, `29.0 s`, `4 min 12 s`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "–";
  if (ms < 999.5) return `${digits(ms)}${SPACE}ms`;
  if (ms < 59_950) return `${digits(ms / SECOND)}${SPACE}s`;
  const [large, small] = ms < HOUR ? [MINUTE, SECOND] : ms < DAY ? [HOUR, MINUTE] : [DAY, HOUR];
  const smalls = Math.floor(ms / small);
  const [name, rest] = large === MINUTE ? ["min", "s"] : large === HOUR ? ["h", "min"] : ["d", "h"];
  const left = smalls % (large / small);
  const whole = `${Math.floor(smalls / (large / small))}${SPACE}${name}`;
  return left === 0 ? whole : `${whole}${SPACE}${left}${SPACE}${rest}`;
}

/** Three digits, but no more than two after the point: what is shorter than ten microseconds is noise here. */
function digits(value: number): string {
  const decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return value.toFixed(decimals);
}
