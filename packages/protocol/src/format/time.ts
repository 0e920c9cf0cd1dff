const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface TimeZone {
  /** An IANA name: `UTC`, `Europe/Berlin`. */
  zone: string;
  locale?: string | undefined;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function partsOf(ms: number, { zone, locale }: TimeZone, options: Intl.DateTimeFormatOptions): Map<string, string> {
  const key = `${zone} ${locale ?? ""} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale ?? "en-CA", { ...options, timeZone: zone, hourCycle: "h23" });
    formats.set(key, format);
  }
  return new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 } as const;
const DATE = { year: "numeric", month: "2-digit", day: "2-digit" } as const;

/** The clock with milliseconds, as rows of a log have it: `14:02:31.482`. */
export function formatClock(ms: number, zone: TimeZone): string {
  const parts = partsOf(ms, { ...zone, locale: "en-CA" }, CLOCK);
  return `${parts.get("hour")}:${parts.get("minute")}:${parts.get("second")}.${parts.get("fractionalSecond")}`;
}

/** The day: `2026-11-30`. */
export function formatDay(ms: number, zone: TimeZone): string {
  const parts = partsOf(ms, { ...zone, locale: "en-CA" }, DATE);
  return `${parts.get("year")}-${parts.get("month")}-${parts.get("day")}`;
}

/** An instant to the millisecond with its offset: `2026-11-30 14:02:31.482 UTC+2`. */
export function formatInstant(ms: number, zone: TimeZone): string {
  const name = partsOf(ms, { ...zone, locale: "en" }, { timeZoneName: "shortOffset" }).get("timeZoneName") ?? "";
  const offset = name.replace("GMT", "UTC").replace(/\+0$/, "");
  return `${formatDay(ms, zone)} ${formatClock(ms, zone)} ${offset}`;
}

/** How long ago, within a day; the day before that. What is to come is told as such: `in 4 min`. */
export function formatAge(ms: number, nowMs: number, zone: TimeZone): string {
  const ago = nowMs - ms;
  const span = Math.abs(ago);
  if (span >= DAY) return formatDay(ms, zone);
  if (span < 1_000) return "now";
  const [count, unit] =
    span < MINUTE
      ? [Math.floor(span / 1_000), "s"]
      : span < HOUR
        ? [Math.floor(span / MINUTE), "min"]
        : [Math.floor(span / HOUR), "h"];
  return ago < 0 ? `in ${count}\u00a0${unit}` : `${count}\u00a0${unit} ago`;
}
