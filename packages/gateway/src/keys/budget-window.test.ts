import { expect, test } from "vitest";
import { renderTimestamp } from "../runtime/index.ts";
import { budgetWindow } from "./budget-window.ts";

const micros = (text: string) => BigInt(Date.parse(text)) * 1000n;

test.each([
  ["day", "2026-11-30T00:00:00Z", "2026-11-30", "2026-12-01T00:00:00.000000Z"],
  ["day", "2026-12-31T23:59:59.999Z", "2026-12-31", "2027-01-01T00:00:00.000000Z"],
  ["day", "2028-02-28T12:00:00Z", "2028-02-28", "2028-02-29T00:00:00.000000Z"],
  // A Monday, the Sunday before it, and a week over the turn of a year.
  ["week", "2026-11-30T00:00:00Z", "2026-11-30", "2026-12-07T00:00:00.000000Z"],
  ["week", "2026-11-29T23:59:59.999Z", "2026-11-23", "2026-11-30T00:00:00.000000Z"],
  ["week", "2027-01-01T00:00:00Z", "2026-12-28", "2027-01-04T00:00:00.000000Z"],
  ["month", "2026-11-30T23:59:59Z", "2026-11", "2026-12-01T00:00:00.000000Z"],
  ["month", "2026-12-31T23:59:59Z", "2026-12", "2027-01-01T00:00:00.000000Z"],
] as const)("the %s of %s is %s, until %s", (period, date, name, until) => {
  const window = budgetWindow(period, micros(date));
  expect([window.name, renderTimestamp(window.until!)]).toEqual([name, until]);
});

test("all of time is one window", () => {
  expect(budgetWindow("total", 0n)).toEqual({ name: "total", until: null });
});
