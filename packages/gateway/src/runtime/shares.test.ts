import fc from "fast-check";
import { expect, test } from "vitest";
import { Shares } from "./index.ts";

test("each owner has its part, and all together no more than there is", () => {
  const places = new Shares({ total: 5, perOwner: 3 });
  expect(["a", "a", "a", "a", "b", "b", "b"].map((owner) => places.take(owner))).toEqual([
    true,
    true,
    true,
    false,
    true,
    true,
    false,
  ]);
  expect({ used: places.used, owners: places.owners, a: places.usedBy("a") }).toEqual({ used: 5, owners: 2, a: 3 });
  places.give("a", 3);
  expect({ used: places.used, owners: places.owners, a: places.usedBy("a") }).toEqual({ used: 2, owners: 1, a: 0 });
  expect(places.take("c", 4)).toBe(false);
  expect(places.take("c", 3)).toBe(true);
  expect(() => places.give("a")).toThrow("a gives back 1 of 0");
});

test("whatever is taken and given back, the sums are those of the owners and within their bounds", () => {
  const step = fc.record({
    owner: fc.constantFrom("a", "b", "c", "d"),
    amount: fc.nat({ max: 9 }),
    give: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.nat({ max: 30 }), fc.nat({ max: 12 }), fc.array(step), (total, perOwner, steps) => {
      const shares = new Shares({ total, perOwner });
      const model = new Map<string, number>();
      for (const { owner, amount, give } of steps) {
        const has = model.get(owner) ?? 0;
        const used = [...model.values()].reduce((sum, n) => sum + n, 0);
        if (give && amount <= has) {
          shares.give(owner, amount);
          model.set(owner, has - amount);
        } else if (!give) {
          const fits = used + amount <= total && has + amount <= perOwner;
          expect(shares.take(owner, amount)).toBe(fits);
          if (fits) model.set(owner, has + amount);
        }
        const owners = [...model].filter(([, n]) => n > 0);
        expect(shares.used).toBe(owners.reduce((sum, [, n]) => sum + n, 0));
        expect(shares.owners).toBe(owners.length);
      }
    }),
  );
});
