import { expect, test } from "vitest";
import { readTaskAnswer } from "./task-answer.ts";

const texts = (...pieces: string[]) => ({ parts: pieces.map((text) => ({ text })) });

test.each([
  [
    "what an artifact was streamed in",
    { artifacts: [texts("You said:", " good", " morning")] },
    "You said: good morning",
  ],
  [
    "each artifact",
    { artifacts: [texts("one", " and more"), { parts: [{ data: 1 }] }, texts("two")] },
    "one and more\ntwo",
  ],
  ["each part of a message", { message: texts("first", "second") }, "first\nsecond"],
  ["what stands under a usual name", { result: { output: "done" } }, "done"],
])("%s is one text", (_what, answer, text) => {
  expect(readTaskAnswer("an-agent", answer).text).toBe(text);
});
