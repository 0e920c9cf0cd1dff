const MINUTE = 60_000;
/** How far apart marks may stand, in minutes: so that they are round. */
const APART = [1, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1_440, 2_880, 10_080, 20_160];

/**
 * Round times of a zone within a span, at most so many: each quarter, each hour, each sixth.
 *
 * @param minuteOf the minute of its day, in the zone
 */
export function roundTimes(
  times: readonly number[],
  stepMs: number,
  most: number,
  minuteOf: (ms: number) => number,
): number[] {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return [];
  const minutes = (last + stepMs - first) / MINUTE;
  // The one at the end has no room often.
  const apart = APART.find((size) => minutes / size <= most + 0.5) ?? APART.at(-1)!;
  const found: number[] = [];
  const wholeDays = Math.max(1, Math.round(apart / 1_440));
  for (const time of times) {
    // A span may begin before a mark and end behind it.
    const past = minuteOf(time) % Math.min(apart, 1_440);
    const mark = past === 0 ? time : time + (Math.min(apart, 1_440) - past) * MINUTE;
    if (mark < first || mark >= time + stepMs || mark > last + stepMs) continue;
    const before = found.at(-1);
    if (before === undefined || mark - before >= wholeDays * 0.9 * Math.min(apart, 1_440) * MINUTE) found.push(mark);
  }
  return found;
}
