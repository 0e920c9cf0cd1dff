import fc from "fast-check";
import { expect, test } from "vitest";
import { FairShares } from "./index.ts";

const takeAll = (shares: FairShares, owner: string): number => {
  while (shares.take(owner));
  return shares.usedBy(owner);
};

test("one owner may have half, and what is left is shared with whoever comes", () => {
  const places = new FairShares(1_200);
  expect(takeAll(places, "first")).toBe(600);
  expect(takeAll(places, "second")).toBe(300);
  places.give("first", 600);
  places.give("second", 300);
  expect({ used: places.used, owners: places.owners }).toEqual({ used: 0, owners: 0 });
});

test("owners who take in turns all they can have the same, and leave as much for the next", () => {
  const places = new FairShares(1_200);
  const greedy = ["a", "b", "c", "d", "e"];
  for (let round = 0; round < 1_200; round++) for (const owner of greedy) places.take(owner);
  expect(greedy.map((owner) => places.usedBy(owner))).toEqual([200, 200, 200, 200, 200]);
  expect(places.has("modest", 100)).toBe(true);
});

test("what is there already is counted whatever is left", () => {
  const bytes = new FairShares(100);
  bytes.add("slow", 150);
  expect(bytes.take("other", 1)).toBe(false);
  bytes.give("slow", 100);
  expect(bytes.take("slow", 1)).toBe(false);
  expect(bytes.take("other", 26)).toBe(false);
  expect(bytes.take("other", 25)).toBe(true);
  expect(() => bytes.give("slow", 51)).toThrow("slow gives back 51 of 50");
});

test("whatever is taken and given back, the sums are those of the owners and within the bound", () => {
  const step = fc.record({ owner: fc.constantFrom("a", "b", "c"), amount: fc.nat({ max: 9 }), give: fc.boolean() });
  fc.assert(
    fc.property(fc.nat({ max: 30 }), fc.array(step), (total, steps) => {
      const shares = new FairShares(total);
      const model = new Map<string, number>();
      for (const { owner, amount, give } of steps) {
        const has = model.get(owner) ?? 0;
        const used = [...model.values()].reduce((sum, n) => sum + n, 0);
        if (give && amount <= has) {
          shares.give(owner, amount);
          model.set(owner, has - amount);
        } else if (!give) {
          const taken = shares.take(owner, amount);
          expect(taken).toBe(amount === 0 || has + amount <= total - used - amount + 1);
          if (taken) model.set(owner, has + amount);
        }
        expect(shares.used).toBe([...model.values()].reduce((sum, n) => sum + n, 0));
        expect(shares.used).toBeLessThanOrEqual(total);
        expect(shares.owners).toBe([...model.values()].filter((n) => n > 0).length);
      }
    }),
  );
});
