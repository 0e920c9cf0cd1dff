import { expect, test } from "vitest";
import { EXCERPT_MAX, excerptAt } from "./excerpt.ts";

const words = Array.from({ length: 60 }, (_, n) => `word${n}`);
const text = words.join(" ");

test("a place is shown among whole words, with an ellipsis where there are more", () => {
  expect(excerptAt("short enough", 6)).toBe("short enough");
  for (let at = 0; at < text.length; at++) {
    const excerpt = excerptAt(text, at);
    expect(excerpt.length).toBeLessThanOrEqual(EXCERPT_MAX);
    const shown = excerpt.replaceAll("…", "");
    expect(text.includes(shown)).toBe(true);
    for (const word of shown.split(" ")) expect(words).toContain(word);
    expect([excerpt.startsWith("…"), excerpt.endsWith("…")]).toEqual([!text.startsWith(shown), !text.endsWith(shown)]);
    if (text[at] !== " ") expect(shown).toContain(text.slice(at).split(" ")[0]);
  }
});

test("a word without an end is cut", () => {
  const endless = "x".repeat(1_000);
  expect(excerptAt(endless, 500)).toBe(`…${"x".repeat(160)}…`);
});
