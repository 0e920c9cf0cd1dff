import { expect, test } from "vitest";
import { type TaskInput, textOf, toTask } from "./index.ts";

const SKILL = "dev.agentgate/skill";
const id = expect.stringMatching(/^task-[0-9a-f]{32}$/);
const text = (text: string) => ({ type: "text", text });

test.each([
  ["a text", "hi", { id, message: { role: "user", parts: [text("hi")] } }],
  ["parts", [text("a"), text("b")], { id, message: { role: "user", parts: [text("a"), text("b")] } }],
  [
    "a message",
    { role: "user", parts: [text("a")], contextId: "c" },
    { id, message: { role: "user", parts: [text("a")], contextId: "c" } },
  ],
])("%s becomes a task with an id of its own", async (_, input, task) => {
  expect(await toTask(input as string)).toEqual(task);
});

test("a task stays as it is", async () => {
  for (const task of [{ id: "t", message: { parts: [] } }, { any: 1 }, { message: "hi", parts: [1] }])
    expect(await toTask(task as TaskInput)).toBe(task);
});

test("files follow what is said, whatever they are", async () => {
  const bytes = new Uint8Array(100_000).map((_, index) => index);
  const files = [
    new File(["abc"], "a.txt", { type: "text/plain" }),
    new Blob([bytes]),
    { name: "b.bin", bytes: new Uint8Array([255, 0]) },
    { mediaType: "image/png", url: "https://x.example/c.png" },
  ];
  const { message } = await toTask("look", { files });
  expect(message?.parts).toEqual([
    text("look"),
    { type: "file", file: { name: "a.txt", mimeType: "text/plain", bytes: btoa("abc") } },
    { type: "file", file: { bytes: Buffer.from(bytes).toString("base64") } },
    { type: "file", file: { name: "b.bin", bytes: "/wA=" } },
    { type: "file", file: { mimeType: "image/png", uri: "https://x.example/c.png" } },
  ]);
});

test("a skill, a conversation and a task are named where agents look for them", async () => {
  const extras = { skill: "translate", contextId: "c", taskId: "t" };
  const { message } = await toTask({ parts: [text("a")], metadata: { mine: 1 } }, extras);
  expect(message).toEqual({
    ...{ role: "user", parts: [text("a")], contextId: "c", taskId: "t" },
    metadata: { mine: 1, [SKILL]: "translate" },
  });
  const given = { id: "t", message: { role: "user", parts: [text("a")] }, more: 1 };
  expect(await toTask(given, { skill: "s" })).toEqual({
    ...given,
    message: { ...given.message, metadata: { [SKILL]: "s" } },
  });
});

const parts = (...texts: string[]) => ({ parts: texts.map((one) => ({ type: "text", text: one })) });

test.each([
  ["artifacts", { artifacts: [parts("a", "b"), parts("c")] }, "ab\nc"],
  ["a priced agent", { result: { artifacts: [parts("a")] }, ucp: { balance: 1 } }, "a"],
  ["a priced agent's text", { result: "a", ucp: {} }, "a"],
  ["a result's artifacts", { result: { artifacts: [parts("a")] } }, "a"],
  ["a result's message", { result: { message: parts("a") } }, "a"],
  ["a result", { result: "a" }, "a"],
  ["a message", { message: parts("a") }, "a"],
  ["a task of A2A", { task: { id: "t", status: {}, artifacts: [{ parts: [{ text: "a" }] }] } }, "a"],
  ["a message of A2A", { message: { messageId: "m", parts: [{ text: "a" }, { data: 1 }] } }, "a"],
  ["a question", { status: { state: "input-required", message: parts("a?") } }, "a?"],
  ["a text", { text: "a" }, "a"],
  ["texts alone", "a", "a"],
  ["no text at all", { sum: 3 }, '{"sum":3}'],
  ["a list", [1], "[1]"],
  ["null", null, "null"],
  ["nothing", undefined, ""],
  ["parts without text", { artifacts: [{ parts: [{ data: 1 }] }] }, '{"artifacts":[{"parts":[{"data":1}]}]}'],
])("the text of %s", (_, answer, expected) => {
  expect(textOf(answer)).toBe(expected);
});
