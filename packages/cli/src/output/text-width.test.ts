import stringWidth from "string-width";
import { expect, test } from "vitest";
import { textWidth } from "./text-width.ts";

test.each(["", "plain text ~", "Übung", "日本語", "👩‍👩‍👧", "e\u0301", "a\u0007b"])(
  "%j is as wide as a terminal shows it",
  (text) => {
    expect(textWidth(text)).toBe(stringWidth(text));
  },
);
