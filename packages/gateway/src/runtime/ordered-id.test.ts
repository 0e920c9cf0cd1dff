import { expect, test } from "vitest";
import { firstIdAt, ID_SHAPE, orderedId } from "./ordered-id.ts";
import { SeededRandom } from "./seeded-random.ts";

test("ids are UUIDs of version 7 in the order of their microseconds, behind the first of their time", () => {
  const random = new SeededRandom(1);
  const times = [0n, 1n, 999n, 1_000n, 1_763_000_000_123_456n, 1_763_000_000_123_457n, 1_763_000_000_124_000n];
  const ids = times.map((at) => orderedId(random, at));
  expect([...ids].sort()).toEqual(ids);
  for (const [index, id] of ids.entries()) {
    expect(id).toMatch(ID_SHAPE);
    expect(id >= firstIdAt(times[index]!)).toBe(true);
    expect(id < firstIdAt(times[index]! + 1n)).toBe(true);
  }
});
