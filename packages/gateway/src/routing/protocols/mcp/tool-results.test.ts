import { expect, test } from "vitest";
import { toolResultOf } from "./tool-results.ts";

const text = (value: string) => ({ type: "text", text: value });

test("what is structured is told once, however its text is spaced; other texts stay", () => {
  const content = [text('{ "sum": 3 }'), text("3"), text("words")];
  expect(toolResultOf({ content, structuredContent: { sum: 3 } }).parts).toEqual([
    { data: { sum: 3 } },
    { text: "3" },
    { text: "words" },
  ]);
});

test("what many texts say, or one that is too much to be built, is read no further", () => {
  let stringified = 0;
  const structuredContent = {
    toJSON() {
      stringified++;
      return { sum: 3 };
    },
  };
  const many = Array.from({ length: 1_000 }, () => text('{"sum":4}'));
  expect(toolResultOf({ content: [...many, text('{"sum":3}')], structuredContent }).parts).toHaveLength(1_002);
  expect(stringified).toBe(1);
  const much = `[${"0,".repeat(200_001)}0]`;
  expect(toolResultOf({ content: [text(much)], structuredContent: JSON.parse(much) }).parts).toHaveLength(2);
});
