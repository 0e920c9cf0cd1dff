import { expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { formatEvent, taskEventStream } from "./event-stream.ts";
import type { ChunkSink, TaskRun } from "./pipeline.ts";

const KEEP_ALIVE = ": keep-alive\n\n";

async function open() {
  const clock = new ManualClock();
  let sink: ChunkSink = () => {};
  let finish: (body: string) => void = () => {};
  let cancelled = false;
  const answer = new Promise<{ body: string; headers: Record<string, string> }>((resolve) => {
    finish = (body) => resolve({ body, headers: {} });
  });
  const { events: stream, headers } = await taskEventStream(async (onChunk) => {
    sink = onChunk;
    const run = { agent: { name: "echo" }, headers: { "x-of-the-run": "1" }, answer };
    return { ...run, cancel: () => (cancelled = true) } as unknown as TaskRun;
  }, clock);
  return { clock, stream, headers, write: (text: string) => sink(text), finish, wasCancelled: () => cancelled };
}

test.each([
  ["one line", "event: e\ndata: one line\n\n"],
  ["a\nb\r\nc\rd", "event: e\ndata: a\ndata: b\ndata: c\ndata: d\n\n"],
  ["", "event: e\ndata: \n\n"],
])("%j is written as events are", (data, event) => {
  expect(formatEvent("e", data)).toBe(event);
});

test("a quiet stream says every 15 seconds that it lives", async () => {
  const { clock, stream, headers } = await open();
  expect(headers).toEqual({ "x-of-the-run": "1" });
  stream.setEncoding("utf8");
  expect(stream.read()).toBe("event: status\ndata: Routing task to echo\n\n");
  clock.advance(31_000);
  expect(stream.read()).toBe(KEEP_ALIVE + KEEP_ALIVE);
  stream.destroy();
  clock.advance(60_000);
});

test("a reader that lags holds the writer back, keep-alive or not, and lets it go on when it reads", async () => {
  const { clock, stream, write, finish } = await open();
  let released = false;
  const held = write("x".repeat(100_000));
  expect(held).toBeInstanceOf(Promise);
  void Promise.resolve(held).then(() => {
    released = true;
  });
  clock.advance(60_000);
  await Promise.resolve();
  expect(released).toBe(false);
  let text = "";
  stream.on("data", (chunk) => {
    text += chunk;
  });
  await expect.poll(() => released).toBe(true);
  finish("{}");
  await expect.poll(() => text).toMatch(/event: result\ndata: \{\}\n\n$/);
  expect(text).not.toContain(KEEP_ALIVE);
});

test("a reader that leaves cancels the task and frees the writer", async () => {
  const { stream, write, wasCancelled } = await open();
  const held = write("x".repeat(100_000));
  stream.destroy();
  await held;
  expect(wasCancelled()).toBe(true);
  expect(write("more")).toBeUndefined();
});
