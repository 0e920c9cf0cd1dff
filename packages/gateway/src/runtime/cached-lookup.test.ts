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
