import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { EventSink, formatEvent } from "./event-sink.ts";
import { KeepAlives } from "./keep-alives.ts";

test.each([
  ["one line", "event: e\ndata: one line\n\n"],
  ["a\nb\r\nc\rd", "event: e\ndata: a\ndata: b\ndata: c\ndata: d\n\n"],
  ["", "event: e\ndata: \n\n"],
])("%j is written as events are", (data, event) => {
  expect(formatEvent(data, "e")).toBe(event);
  expect(formatEvent(data)).toBe(event.replace("event: e\n", ""));
});

const open = () => {
  const clock = new ManualClock();
  const out = new PassThrough();
  let left = 0;
  const sink = new EventSink(out, { keepAlives: new KeepAlives(clock), onLeave: () => left++ });
  return { clock, out, sink, left: () => left };
};

test("a reader who leaves is told of once, and nothing is written for him any more", async () => {
  const { out, sink, left, clock } = open();
  const held = sink.write("x".repeat(100_000));
  out.destroy();
  await held;
  await expect.poll(left).toBe(1);
  expect(sink.closed).toBe(true);
  expect(sink.write("more")).toBeUndefined();
  clock.advance(60_000);
  sink.end();
  expect(left()).toBe(1);
});

test("one who had left before is told of, too", () => {
  const out = new PassThrough();
  out.destroy();
  let left = 0;
  const sink = new EventSink(out, { keepAlives: new KeepAlives(new ManualClock()), onLeave: () => left++ });
  expect([left, sink.closed, sink.write("x")]).toEqual([1, true, undefined]);
});

test("a reader who reads to the end has not left", async () => {
  const { out, sink, left, clock } = open();
  sink.write("last");
  sink.end();
  let text = "";
  for await (const chunk of out) text += chunk;
  clock.advance(60_000);
  expect([text, left()]).toEqual(["last", 0]);
});
