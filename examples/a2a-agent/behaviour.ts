import type { Part } from "@a2a-js/sdk";

/** One step of a task. */
export type Step =
  | { do: "work" }
  | { do: "wait"; milliseconds: number }
  | { do: "artifact"; part: Part; append?: boolean; last?: boolean }
  | { do: "complete"; text?: string }
  | { do: "ask"; text: string }
  | { do: "fail"; text: string }
  | { do: "reject"; text: string }
  | { do: "message"; text: string };

const part = (content: Part["content"], filename = "", mediaType = ""): Part => ({
  content,
  filename,
  mediaType,
  metadata: undefined,
});
export const textPart = (value: string): Part => part({ $case: "text", value });
const filePart = () =>
  part({ $case: "raw", value: Buffer.from("Made by the A2A example agent\n") }, "output.txt", "text/plain");
const urlPart = () => part({ $case: "url", value: "https://example.com/output.txt" }, "output.txt", "text/plain");
const dataPart = (value: unknown) => part({ $case: "data", value });

const artifact = (made: Part): Step => ({ do: "artifact", part: made });
const streamed = (made: Part): Step[] => [{ do: "work" }, artifact(made), { do: "complete" }];

/** What people can ask for, by the first word of their message. Everything else is echoed. */
const words: Record<string, (rest: string) => Step[]> = {
  text: (rest) => [artifact(textPart(rest || "Some text")), { do: "complete" }],
  file: () => [artifact(filePart()), { do: "complete" }],
  link: () => [artifact(urlPart()), { do: "complete" }],
  data: () => [artifact(dataPart({ key: "value", count: 42 })), { do: "complete" }],
  null: () => [artifact(dataPart(null)), { do: "complete" }],
  ask: () => [{ do: "work" }, { do: "ask", text: "Which city?" }],
  fail: () => [{ do: "work" }, { do: "fail", text: "This did not work out" }],
  reject: () => [{ do: "reject", text: "Not for me" }],
  hello: () => [{ do: "message", text: "Hello!" }],
  count: (rest) => [
    { do: "work" },
    ...Array.from({ length: Math.min(Number(rest) || 3, 1000) }, (_, index): Step => {
      return { do: "artifact", part: textPart(`${index + 1} `), append: index > 0 };
    }),
    { do: "complete" },
  ],
  wait: (rest) => [
    { do: "work" },
    { do: "wait", milliseconds: Math.min(Number(rest) || 1000, 600_000) },
    artifact(textPart("Waited")),
    { do: "complete" },
  ],
};

/** What the protocol's conformance kit asks for, by prefix of the message id; a longer prefix stands before its own beginning. */
const conformance: [prefix: string, steps: Step[]][] = [
  ["tck-artifact-text", [artifact(textPart("Generated text content")), { do: "complete" }]],
  ["tck-artifact-file-url", [artifact(urlPart()), { do: "complete" }]],
  ["tck-artifact-file", [artifact(filePart()), { do: "complete" }]],
  ["tck-artifact-data", [artifact(dataPart({ key: "value", count: 42 })), { do: "complete" }]],
  ["tck-message-response", [{ do: "message", text: "Direct message response" }]],
  ["tck-input-required", [{ do: "ask", text: "More input, please" }]],
  ["tck-reject-task", [{ do: "reject", text: "rejected" }]],
  ["tck-complete-task", [{ do: "complete", text: "Hello from TCK" }]],
  ["tck-stream-001", streamed(textPart("Stream hello from TCK"))],
  ["tck-stream-002", [{ do: "complete" }]],
  ["tck-stream-003", streamed(textPart("Stream task lifecycle"))],
  ["tck-stream-ordering-001", streamed(textPart("Ordered output"))],
  ["tck-stream-artifact-text", streamed(textPart("Streamed text content"))],
  ["tck-stream-artifact-file", streamed(filePart())],
  [
    "tck-stream-artifact-chunked",
    [
      { do: "work" },
      { do: "artifact", part: textPart("chunk-1 "), append: true },
      { do: "artifact", part: textPart("chunk-2"), append: true, last: true },
      { do: "complete" },
    ],
  ],
  ["test-resubscribe-message-id", [{ do: "work" }, { do: "wait", milliseconds: 4000 }, { do: "complete" }]],
];

/** The steps that answer a message; one to a task that has been asking is its answer. */
export function stepsFor(messageId: string, text: string, isAnswer: boolean): Step[] {
  const known = conformance.find(([prefix]) => messageId.startsWith(prefix));
  if (known) return known[1];
  if (isAnswer) return [{ do: "work" }, artifact(textPart(`You said: ${text}`)), { do: "complete" }];
  const [, word, rest] = /^\s*(\w+)\s*(.*)$/s.exec(text) ?? [];
  const asked = words[word?.toLowerCase() ?? ""];
  if (asked) return asked(rest ?? "");
  return [{ do: "work" }, artifact(textPart(`Echo: ${text}`)), { do: "complete" }];
}
