import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { EventSink, KeepAlives } from "../http/index.ts";
import { ManualClock } from "../runtime/index.ts";
import type { ChunkSink } from "./agent-protocol.ts";
import { streamTask } from "./event-stream.ts";
import { caughtUp } from "./lagging-reader.ts";
import type { TaskRun } from "./pipeline.ts";

const KEEP_ALIVE = ": keep-alive\n\n";

async function open() {
  const clock = new ManualClock();
  const stream = new PassThrough();
  let sink: ChunkSink = () => false;
  let finish: (body: string) => void = () => {};
  let cancelled = false;
  let headers = {};
  const answer = new Promise<{ body: string; headers: Record<string, string> }>((resolve) => {
    finish = (body) => resolve({ body, headers: {} });
  });
  await streamTask(
    async (onChunk) => {
      sink = onChunk;
      const awaitReader: TaskRun["awaitReader"] = (lagging, reader) =>
        caughtUp(lagging, reader, clock.monotonic() + 120_000, clock);
      const run = { agent: { name: "echo" }, headers: { "x-of-the-run": "1" }, answer, awaitReader };
      return { ...run, cancel: () => (cancelled = true) } as unknown as TaskRun;
    },
    (given, onLeave) => {
      headers = given;
      return new EventSink(stream, { keepAlives: new KeepAlives(clock), onLeave });
    },
    () => () => {},
  );
  return { clock, stream, headers, write: (text: string) => sink(text), finish, wasCancelled: () => cancelled };
}

test("a piece that comes before the stream is open comes after its status", async () => {
  const stream = new PassThrough();
  const clock = new ManualClock();
  await streamTask(
    async (onChunk) => {
      void onChunk("early");
      return { agent: { name: "echo" }, headers: {}, answer: new Promise(() => {}), cancel() {} } as never;
    },
    (_, onLeave) => new EventSink(stream, { keepAlives: new KeepAlives(clock), onLeave }),
    () => () => {},
  );
  let text = "";
  stream.on("data", (chunk) => {
    text += chunk;
  });
  await expect.poll(() => text).toBe("event: status\ndata: Routing task to echo\n\nevent: chunk\ndata: early\n\n");
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
  expect(write("more")).toBe(false);
});
