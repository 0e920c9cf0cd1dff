import { expect, test } from "vitest";
import { roundTimes } from "./time-marks.ts";

const MINUTE = 60_000;
const start = Date.parse("2026-11-30T01:30:00Z");
const timesFrom = (stepMs: number, count: number) => Array.from({ length: count }, (_, at) => start + at * stepMs);
const minuteOf = (ahead: number) => (ms: number) => (Math.floor(ms / MINUTE) + ahead) % 1_440;
const clocks = (marks: number[]) => marks.map((ms) => new Date(ms).toISOString().slice(11, 16));

test("a day is marked at round hours, however its spans begin", () => {
  const marks = roundTimes(timesFrom(15 * MINUTE, 96), 15 * MINUTE, 8, minuteOf(0));
  expect(clocks(marks)).toEqual(["03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"]);
  // Spans that hours do not divide: the mark stands where the hour is.
  expect(clocks(roundTimes(timesFrom(17 * MINUTE, 80), 17 * MINUTE, 8, minuteOf(0)))).toContain("12:00");
});

test("in the hours of the zone that is told", () => {
  const marks = roundTimes(timesFrom(15 * MINUTE, 96), 15 * MINUTE, 8, minuteOf(330));
  expect(clocks(marks)[0]).toBe("03:30");
});

test("no more than there is room for, and none of nothing", () => {
  expect(roundTimes([], MINUTE, 5, minuteOf(0))).toEqual([]);
  for (const most of [2, 5, 10])
    expect(roundTimes(timesFrom(60 * MINUTE, 24 * 30), 60 * MINUTE, most, minuteOf(0)).length).toBeLessThanOrEqual(
      most + 1,
    );
});
