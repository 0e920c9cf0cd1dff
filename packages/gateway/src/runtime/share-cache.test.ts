import fc from "fast-check";
import { expect, test } from "vitest";
import { ShareCache } from "./index.ts";

test("keeps what was used last", () => {
  const cache = new ShareCache<number>({ bytesMax: 3, perOwner: 3 });
  for (const key of ["a", "b", "c"]) cache.set(key, 1, key, 1);
  expect(cache.get("a")).toBe(1);
  cache.set("d", 1, "d", 1);
  expect(["a", "b", "c", "d"].map((key) => cache.get(key))).toEqual([1, undefined, 1, 1]);
});

test("one owner may have all of it while nobody else wants any, and then gives way to its share", () => {
  const cache = new ShareCache<number>({ bytesMax: 100, perOwner: 25 });
  for (let i = 0; i < 200; i++) cache.set(`greedy ${i}`, i, "greedy", 1);
  expect(cache.size).toBe(100);
  for (let i = 0; i < 20; i++) cache.set(`modest ${i}`, i, "modest", 1);
  for (let i = 200; i < 10_000; i++) cache.set(`greedy ${i}`, i, "greedy", 1);
  for (let i = 0; i < 20; i++) expect(cache.get(`modest ${i}`)).toBe(i);
  expect([cache.size, cache.bytes]).toEqual([100, 100]);
});

test("however many owners take what they can, an owner in use keeps what it uses", () => {
  const cache = new ShareCache<number>({ bytesMax: 1_000, perOwner: 250 });
  cache.set("mine", 1, "me", 10);
  for (let i = 0; i < 50_000; i++) {
    cache.set(`${i}`, i, `owner ${i % 300}`, 1 + (i % 3));
    if (i % 100 === 0) expect(cache.get("mine")).toBe(1);
  }
});

test("never holds more than it may, whatever is put in, and answers what was put in last", () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 40 }).map(String),
    owner: fc.constantFrom("a", "b", "c"),
    bytes: fc.integer({ min: 1, max: 30 }),
    deleted: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const cache = new ShareCache<number>({ bytesMax: 60, perOwner: 20 });
      const last = new Map<string, number>();
      for (const [index, { key, owner, bytes, deleted }] of steps.entries()) {
        if (deleted) {
          cache.delete(key);
          last.delete(key);
        } else {
          cache.set(key, index, owner, bytes);
          last.set(key, index);
        }
        expect(cache.bytes).toBeLessThanOrEqual(60);
        const found = cache.get(key);
        if (found !== undefined) expect(found).toBe(last.get(key));
        else expect(deleted || bytes > 20).toBe(true);
      }
      for (const key of last.keys()) cache.delete(key);
      expect([cache.size, cache.bytes]).toEqual([0, 0]);
    }),
  );
});
