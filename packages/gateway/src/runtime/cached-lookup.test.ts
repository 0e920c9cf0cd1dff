import { expect, test } from "vitest";
import { CachedLookup } from "./index.ts";

test("forgets the entries that are named, and no others", async () => {
  const loads: string[] = [];
  const lookup = new CachedLookup(async (key) => {
    loads.push(key);
    return { key };
  });
  for (const key of ["a", "b"]) await lookup.get(key);
  lookup.forget(["a", "never seen"]);
  for (const key of ["a", "b"]) await lookup.get(key);
  expect(loads).toEqual(["a", "b", "a"]);
  lookup.forget(undefined);
  for (const key of ["a", "b"]) await lookup.get(key);
  expect(loads).toEqual(["a", "b", "a", "a", "b"]);
});

test("an answer that was asked for before it was forgotten is not kept", async () => {
  const answers = [Promise.withResolvers<{ n: number }>(), Promise.withResolvers<{ n: number }>()];
  let asked = 0;
  const lookup = new CachedLookup(() => answers[asked++]!.promise);
  const early = lookup.get("a");
  lookup.delete("a");
  const late = lookup.get("a");
  answers[1]!.resolve({ n: 2 });
  expect(await late).toEqual({ n: 2 });
  answers[0]!.resolve({ n: 1 });
  expect(await early).toEqual({ n: 1 });
  expect(lookup.get("a")).toEqual({ n: 2 });
});

test("random keys push no good answer out, and that they are nobody's is remembered for a while", async () => {
  const loads: string[] = [];
  const lookup = new CachedLookup(
    async (key) => {
      loads.push(key);
      return key.startsWith("good") ? { key } : undefined;
    },
    { entriesMax: 100 },
  );
  for (let i = 0; i < 100; i++) await lookup.get(`good-${i}`);
  for (let i = 0; i < 1_000; i++) await lookup.get(`random-${i}`);
  loads.length = 0;
  for (let i = 0; i < 100; i++) expect(lookup.get(`good-${i}`)).toEqual({ key: `good-${i}` });
  expect(lookup.get("random-999")).toBeUndefined();
  expect(loads).toEqual([]);
  await lookup.get("random-0");
  expect(loads).toEqual(["random-0"]);
  lookup.delete("random-999");
  expect([lookup.has("random-999"), lookup.has("good-1")]).toEqual([false, true]);
});

test("so many loads at once, the others in their turn; one that fails gives its turn on", async () => {
  let now = 0;
  let most = 0;
  const lookup = new CachedLookup<{ key: string }>(
    async (key) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now--;
      if (Number(key) % 7 === 0) throw new Error("away");
      return { key };
    },
    { loadsMax: 3 },
  );
  const all = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => lookup.get(`${i}`)));
  expect(all.map(({ status }) => status)).toEqual(all.map((_, i) => (i % 7 === 0 ? "rejected" : "fulfilled")));
  expect(most).toBe(3);
  await expect(lookup.get("0")).rejects.toThrow("away");
});

const MINE = { bytesMax: 100, perOwner: 80, bytesOf: ({ size }: { size: number }) => size };

test("answers of very different sizes are bounded by their bytes; one that is larger than a share is not kept", async () => {
  const loads: string[] = [];
  const lookup = new CachedLookup(
    async (key) => {
      loads.push(key);
      return { size: Number(key) };
    },
    { shares: { ...MINE, ownerOf: () => "me" } },
  );
  for (const key of ["10", "11", "12", "60", "11", "200", "60", "200"]) await lookup.get(key);
  expect(loads).toEqual(["10", "11", "12", "60", "200", "200"]);
  await lookup.get("50");
  expect([lookup.has("60"), lookup.has("50")]).toEqual([false, true]);
});

test("whoever has more than its share pushes out its own answers, not others'", async () => {
  const lookup = new CachedLookup(async (key) => ({ size: 10, owner: key[0]! }), {
    shares: { bytesMax: 100, perOwner: 50, bytesOf: ({ size }) => size, ownerOf: ({ owner }) => owner },
  });
  for (const key of ["a1", "a2", "a3", "a4", "a5", "b1"]) await lookup.get(key);
  for (let i = 2; i < 50; i++) await lookup.get(`b${i}`);
  expect(["a1", "a2", "a3", "a4", "a5", "b49", "b2"].map((key) => lookup.has(key))).toEqual([
    ...[true, true, true, true, true],
    ...[true, false],
  ]);
});
