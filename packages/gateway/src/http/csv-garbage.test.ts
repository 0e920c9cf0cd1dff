import { getHeapSpaceStatistics } from "node:v8";
import { expect, test } from "vitest";
import { csvLine } from "./csv.ts";

const oldBytes = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")!.space_used_size;

test("lines with numbers are garbage before V8 takes them for what lasts", () => {
  // So many are written before what is used for the first time has its place.
  const warmUp = 100_000;
  const lines = 300_000;
  /** What each number's text takes. */
  const textBytes = 24;
  let lasting = 0;
  let before = Number.POSITIVE_INFINITY;
  for (let line = 1; line <= warmUp + lines; line++) {
    csvLine([line]);
    // As what is read for a line, and done with it.
    new Array(800).fill(line);
    if (line % 100 > 0) continue;
    const now = oldBytes();
    if (line > warmUp) lasting += Math.max(0, now - before);
    before = now;
  }
  expect(lasting).toBeLessThan((lines * textBytes) / 2);
});
