import { expect, test } from "vitest";
import { costOf } from "./chain-cost.ts";

test("a run costs what its steps cost, an agent as often as it is asked", () => {
  const prices: Record<string, number> = { a: 0.0015, b: 0.1, free: 0 };
  const cost = (...ids: string[]) => costOf(ids, (id) => prices[id]);
  expect(cost("a", "b", "a")).toEqual({ total: 103_000n, most: 100_000n });
  expect(cost("free")).toEqual({ total: 0n, most: 0n });
  expect(cost("a", "gone")).toBeUndefined();
});
