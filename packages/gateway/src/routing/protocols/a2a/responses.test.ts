import { dialects } from "@agentgate/protocol/a2a";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TurnQueue } from "../../../runtime/index.ts";
import { readAnswer, readLargeAnswer } from "./responses.ts";

const target = (binding: "JSONRPC" | "HTTP+JSON") => ({
  url: "https://agent.example/",
  binding,
  version: "1.0" as const,
});

const task = { id: "t-1", contextId: "c-1", status: { state: "TASK_STATE_COMPLETED" } };
const bodies = fc.oneof(
  fc.json().map((text) => text),
  fc.string(),
  fc.json().map((text) => `{"jsonrpc":"2.0","id":1,"result":${text}}`),
  fc.constantFrom(
    "",
    JSON.stringify({ jsonrpc: "2.0", id: 1, result: { task } }),
    JSON.stringify({ task, Task_: {}, number: 1 }).replace("1}", "12345678901234567890}"),
    JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32001, message: "Task not found" } }),
    JSON.stringify({ error: { code: 404, message: "Task not found", status: "NOT_FOUND" } }),
    `{"a":${"[".repeat(2_000)}${"]".repeat(2_000)}}`,
  ),
);
const statuses = fc.constantFrom(200, 400, 404, 409, 429, 500, 502);

test("an answer that is read in pieces is what it is when it is read at once", async () => {
  const turns = new TurnQueue();
  await fc.assert(
    fc.asyncProperty(bodies, statuses, fc.constantFrom("JSONRPC", "HTTP+JSON"), async (text, status, binding) => {
      const answer = [target(binding as "JSONRPC"), dialects["1.0"], status, Buffer.from(text)] as const;
      const outcome = async (read: () => unknown) => {
        try {
          return ((await read()) as { text: string }).text;
        } catch (error) {
          return `${(error as Error).name} ${(error as Error).message}`;
        }
      };
      expect(await outcome(() => readLargeAnswer(turns, ...answer))).toBe(await outcome(() => readAnswer(...answer)));
    }),
  );
});

test("others have their turn between the pieces", async () => {
  const body = Buffer.from(JSON.stringify({ task, artifacts: [{ parts: [{ text: "x".repeat(2_000_000) }] }] }));
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all(
    [1, 2].map(() => readLargeAnswer(new TurnQueue(), target("HTTP+JSON"), dialects["1.0"], 200, body)),
  );
  isOver = true;
  expect(turn).toBeGreaterThan(3);
});
