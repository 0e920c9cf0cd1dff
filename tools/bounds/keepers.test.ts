import { expect, test } from "vitest";
import { keepersOf } from "./keepers.ts";

const found = (text: string) => keepersOf({ path: "a.ts", text }).map(({ place }) => place.replace("a.ts#", ""));

test("fields that are made empty, or whose type can grow", () => {
  const text = `class A {
    readonly #cache = new Map<string, string>();
    readonly list: string[] = [];
    #queue: Job[];
    readonly shares = new Shares({ total: 1, perOwner: 1 });
    readonly made = createLruCache<string, string>(10);
    readonly count = 0;
    readonly fixed = new Set(["a", "b"]);
    readonly weak = new WeakMap<object, string>();
  }`;
  expect(found(text)).toEqual(["cache", "list", "queue", "shares", "made"]);
});

test("variables of modules, but no tables that are written once", () => {
  expect(
    found("const seen = new Set<string>(); const names = new Map([['a', 1]]); const codes = new Set(codesOf('x'));"),
  ).toEqual(["seen"]);
});

test("variables of functions that a function inside adds to when it is called later", () => {
  const kept = `export function open() { const flights = new Map(); return { ask(key) { flights.set(key, 1); } }; }`;
  const passing = `export function read(list) { const out = []; list.forEach((item) => { out.push(item); }); return out; }`;
  expect([found(kept), found(passing)]).toEqual([["flights"], []]);
});
