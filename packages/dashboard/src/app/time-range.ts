import type { PlainSearch } from "./plain-search.ts";

/** A span of time that pages share, as the address has it. */
export type TimeRange = { kind: "last"; name: RangeName } | { kind: "fixed"; from: number; to: number };

const HOUR = 3_600_000;
const LENGTHS = {
  "1h": HOUR,
  "6h": 6 * HOUR,
  "24h": 24 * HOUR,
  "7d": 168 * HOUR,
  "30d": 720 * HOUR,
  "90d": 2_160 * HOUR,
};
export type RangeName = keyof typeof LENGTHS;
export const rangeNames = Object.keys(LENGTHS) as RangeName[];
const DEFAULT: RangeName = "24h";
/** No page asks for more at once. */
const LONGEST = 400 * 24 * HOUR;

const isName = (text: string | undefined): text is RangeName => text !== undefined && Object.hasOwn(LENGTHS, text);

/** What the address says; the last day where it says nothing that can be read. */
export function rangeOf({ range, from, to }: PlainSearch): TimeRange {
  if (isName(range)) return { kind: "last", name: range };
  const [start, end] = [Date.parse(from ?? ""), Date.parse(to ?? "")];
  if (start < end && end - start <= LONGEST) return { kind: "fixed", from: start, to: end };
  return { kind: "last", name: DEFAULT };
}

/** What the address has to say; the default says nothing. */
export function searchOf(range: TimeRange): { range?: string; from?: string; to?: string } {
  if (range.kind === "fixed") return { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() };
  return range.name === DEFAULT ? {} : { range: range.name };
}

/** Its instants, in milliseconds since the epoch. */
export function instantsOf(range: TimeRange, nowMs: number): { from: number; to: number } {
  if (range.kind === "fixed") return { from: range.from, to: range.to };
  return { from: nowMs - LENGTHS[range.name], to: nowMs };
}

/** The same as long before or after, as instants: what `[` and `]` do. */
export function moved(range: TimeRange, nowMs: number, by: -1 | 1): TimeRange {
  const { from, to } = instantsOf(range, nowMs);
  const length = to - from;
  const end = Math.min(nowMs, to + by * length);
  return { kind: "fixed", from: end - length, to: end };
}

/** Lengths of spans that series come in, in seconds. */
const STEPS = [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400];
/** Bars that can still be told apart, and pointed at. */
const BARS_MAX = 100;

/** How long the spans are that a range is drawn in, in seconds. */
export const stepOf = ({ from, to }: { from: number; to: number }): number =>
  STEPS.find((step) => (to - from) / 1_000 / step <= BARS_MAX) ?? STEPS.at(-1)!;
