import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { contrast, distance, linearRgb, type Oklch, sights, type Triple } from "./testing/colour.ts";

const css = readFileSync(new URL("tokens.css", import.meta.url), "utf8");

/** Every token of a theme. */
function tokensOf(theme: "light" | "dark"): Map<string, Triple> {
  const tokens = new Map<string, Triple>();
  for (const [, name, light, dark] of css.matchAll(/--([\w-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\);/g)) {
    const [l, c, h] = (theme === "light" ? light! : dark!).split(" ").map(Number) as [number, number, number];
    tokens.set(name!, linearRgb({ l, c, h } satisfies Oklch));
  }
  for (const [, name, of] of css.matchAll(/--([\w-]+): var\(--([\w-]+)\);/g)) tokens.set(name!, tokens.get(of!)!);
  return tokens;
}

const GROUNDS = ["paper", "raised", "sunken", "accent-wash", "warn-wash", "fail-wash"];
const TEXTS = ["ink-1", "ink-2", "ink-3", "accent", "warn", "fail"];
const STATES = ["accent", "warn", "fail"];
const SERIES = [1, 2, 3, 4, 5].map((n) => `series-${n}`);

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  const tokens = tokensOf(theme);
  const of = (name: string) => tokens.get(name)!;
  const pairsOf = (names: readonly string[]) =>
    names.flatMap((a, index) => names.slice(index + 1).map((b) => [a, b] as const));

  test("every colour is defined for it", () => {
    for (const name of [...GROUNDS, ...TEXTS, ...SERIES, "line", "edge"]) expect(of(name), name).toBeDefined();
  });

  test("text can be read on every ground", () => {
    for (const text of TEXTS) {
      for (const ground of GROUNDS) {
        expect(contrast(of(text), of(ground)), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.58);
      }
    }
    // A primary button is ink with paper on it.
    expect(contrast(of("paper"), of("ink-1"))).toBeGreaterThanOrEqual(7);
  });

  test("the edges of controls and the marks of charts stand out from their ground", () => {
    // Charts stand on paper; fields and buttons may stand on a panel.
    for (const mark of ["edge", ...SERIES]) expect(contrast(of(mark), of("paper")), mark).toBeGreaterThanOrEqual(3);
    expect(contrast(of("edge"), of("raised"))).toBeGreaterThanOrEqual(3);
  });

  test.each(Object.keys(sights))("states and series are told apart, with sight: %s", (sight) => {
    const seen = (name: string) =>
      sights[sight]!(of(name)).map((part) => Math.min(1, Math.max(0, part))) as unknown as Triple;
    const apart = theme === "light" ? { states: 10, series: 14 } : { states: 15, series: 19 };
    for (const [a, b] of pairsOf(STATES))
      expect(distance(seen(a), seen(b)), `${a}, ${b}`).toBeGreaterThanOrEqual(apart.states);
    for (const [a, b] of pairsOf(SERIES))
      expect(distance(seen(a), seen(b)), `${a}, ${b}`).toBeGreaterThanOrEqual(apart.series);
  });
});
