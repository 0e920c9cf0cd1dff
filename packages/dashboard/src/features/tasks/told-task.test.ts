import { expect, test } from "vitest";
import { readTask } from "./told-task.ts";

test("what an agent tells of a task is shown, and hides nothing", () => {
  const parts = [
    ...[{ text: "a\u202eb" }, { data: { n: 1 } }],
    ...[{ filename: "f.txt", raw: "AAAA" }, { url: "https://x.example" }],
  ];
  const told = readTask({
    status: { state: "TASK_STATE_COMPLETED", message: { parts: [{ text: "done" }] } },
    artifacts: [{ name: "report", description: "of today", parts }],
    history: [{ role: "ROLE_AGENT", parts: [{ text: "hi" }] }],
  });
  expect(told).toMatchObject({
    ...{ state: "TASK_STATE_COMPLETED", message: ["done"] },
    artifacts: [{ name: "report", description: "of today" }],
    history: [{ isByAgent: true, texts: ["hi"] }],
  });
  const [text, data, file, link] = told.artifacts[0]!.texts;
  expect([text, JSON.parse(data!)]).toEqual(["a⟨U+202E⟩b", { n: 1 }]);
  expect([file, link]).toEqual([expect.stringContaining("f.txt"), expect.stringContaining("https://x.example")]);
});

test("whatever an agent tells, it is read as texts", () => {
  const values = [null, 1, "text", true, [], {}, [null, 1, "text", [], {}], { parts: null }, [{ parts: [null, {}] }]];
  const isSound = (told: unknown) => {
    const { state, message, artifacts, history } = readTask(told);
    const texts = [
      ...[state ?? "", ...message, ...history.flatMap((one) => one.texts)],
      ...artifacts.flatMap(({ name, description, texts }) => [name, description, ...texts]),
    ];
    return texts.every((text) => typeof text === "string");
  };
  for (const value of values) {
    const inner = { name: value, artifactId: value, description: value, role: value, parts: value };
    const part = { text: value, data: value, url: value, raw: value, filename: value, mediaType: value };
    for (const told of [
      ...[value, { status: value }, { artifacts: value }, { history: value }],
      { status: { state: value, message: value }, artifacts: [inner, { parts: [part] }], history: [inner] },
    ])
      expect([told, isSound(told)]).toEqual([told, true]);
  }
});
