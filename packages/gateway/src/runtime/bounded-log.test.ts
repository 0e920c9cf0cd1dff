import { expect, test } from "vitest";
import { BoundedLog, ManualClock } from "./index.ts";

function setUp(options: { perSecond?: number; kindsMax?: number } = {}) {
  const clock = new ManualClock();
  const lines: object[] = [];
  const bounded = new BoundedLog({
    log: { info: (fields, message) => lines.push({ ...fields, message }) },
    clock,
    ...options,
  });
  const flood = (kind: string, count: number) => {
    for (let n = 0; n < count; n++) bounded.info(kind, { kind, n }, "refused");
  };
  return { clock, lines, bounded, flood };
}
const leftOut = (kind: string, count: number) => ({
  kind,
  leftOut: count,
  message: "as many lines like this were left out",
});

test("a flood leaves so many lines a second and the number of those that were left out", () => {
  const { clock, lines, flood } = setUp({ perSecond: 3 });
  for (let second = 0; second < 10; second++) {
    flood("429", 1_000);
    expect(lines.splice(0)).toHaveLength(3);
    clock.advance(1_000);
    expect(lines.splice(0)).toEqual([leftOut("429", 997)]);
  }
  // It says so also when nobody comes any more, and once.
  clock.advance(60_000);
  expect(lines).toEqual([]);
});

test("what is seldom is always told, beside a flood as well", () => {
  const { clock, lines, flood, bounded } = setUp({ perSecond: 3 });
  for (let n = 0; n < 20; n++) {
    flood("429", 50);
    expect(bounded.info("402", { n }, "seldom")).toBe(true);
    clock.advance(400);
  }
  expect(lines.filter((line) => "message" in line && line.message === "seldom")).toHaveLength(20);
});

test("kinds that strangers make up are counted together", () => {
  const { clock, lines, bounded } = setUp({ perSecond: 2, kindsMax: 5 });
  for (let n = 0; n < 1_000; n++) bounded.info(`kind-${n}`, {}, "refused");
  expect(lines.splice(0)).toHaveLength(5 + 2);
  clock.advance(1_000);
  expect(lines.splice(0)).toEqual([leftOut("others", 993)]);
  // When their second is over they make room for new ones.
  for (let n = 0; n < 5; n++) expect(bounded.info(`later-${n}`, {}, "refused")).toBe(true);
  for (let n = 0; n < 3; n++) bounded.info("later-0", {}, "refused");
  clock.advance(1_000);
  expect(lines.at(-1)).toEqual(leftOut("later-0", 2));
});

test("what was left out is told before the end", () => {
  const { lines, bounded, flood } = setUp({ perSecond: 1 });
  flood("401", 5);
  bounded.close();
  expect(lines.at(-1)).toEqual(leftOut("401", 4));
});
