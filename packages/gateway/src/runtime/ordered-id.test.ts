import { expect, test } from "vitest";
import { combId, firstIdAt, ID_SHAPE, orderedId } from "./ordered-id.ts";
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

test("ids for the wire are UUIDs of version 4 in the same order", () => {
  const random = new SeededRandom(1);
  const times = [0n, 999n, 1_000n, 1_763_000_000_123_456n, 1_763_000_000_123_457n, 1_763_000_000_124_000n];
  const ids = times.map((at) => combId(random, at));
  expect([...ids].sort()).toEqual(ids);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
