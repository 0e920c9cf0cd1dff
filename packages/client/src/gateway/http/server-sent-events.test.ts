import fc from "fast-check";
import { expect, test } from "vitest";
import { serverSentEventParser } from "./server-sent-events.ts";

const parse = (...chunks: string[]) => {
  const push = serverSentEventParser(1_000, () => new RangeError("too large"));
  return chunks.flatMap((chunk) => push(chunk)).map(({ id, ...event }) => (id ? { ...event, id } : event));
};

test.each([
  ["a named event", "event: chunk\ndata: hello\n\n", [{ event: "chunk", data: "hello" }]],
  ["an event without a name", "data: hello\n\n", [{ event: "", data: "hello" }]],
  ["several data lines", "data: a\ndata: b\ndata:\n\n", [{ event: "", data: "a\nb\n" }]],
  ["one leading space only", "data:  a\ndata:b\n\n", [{ event: "", data: " a\nb" }]],
  ["comments, ids and retry times", ": ping\nid: 1\nretry: 5\ndata: a\n\n", [{ event: "", data: "a", id: "1" }]],
  ["an event without data", "event: chunk\n\ndata: a\n\n", [{ event: "", data: "a" }]],
  ["a colon in the data", "data: a: b\n\n", [{ event: "", data: "a: b" }]],
  ["an event that never ends", "data: a\n", []],
])("reads %s", (_, text, events) => {
  expect(parse(text)).toEqual(events);
});

test("line ends and the places where the stream is cut make no difference", () => {
  const text = "event: status\ndata: one\n\n: ping\n\nevent: result\ndata: two\ndata: lines\n\n";
  fc.assert(
    fc.property(fc.constantFrom("\n", "\r\n", "\r"), fc.array(fc.nat(text.length * 2)), (end, cuts) => {
      const whole = text.replaceAll("\n", end);
      const edges = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
      const chunks = edges.slice(1).map((edge, index) => whole.slice(edges[index], edge));
      expect(parse(...chunks)).toEqual([
        { event: "status", data: "one" },
        { event: "result", data: "two\nlines" },
      ]);
    }),
  );
});

test("a CR alone ends a line at once, and an LF that comes later belongs to it", () => {
  expect(parse("data: a\r", "", "\n", "data: b\r\r")).toEqual([{ event: "", data: "a\nb" }]);
  expect(parse("data: a\r\n\r", "data: b\r", "\r")).toEqual([
    { event: "", data: "a" },
    { event: "", data: "b" },
  ]);
});

test("an event is bounded, whether in one line or many", () => {
  expect(() => parse("data: ", "x".repeat(1_000))).toThrow(RangeError);
  expect(() => parse(...Array.from({ length: 20 }, () => `data: ${"x".repeat(100)}\n`))).toThrow(RangeError);
  expect(parse(...Array.from({ length: 20 }, () => `data: ${"x".repeat(100)}\n\n`))).toHaveLength(20);
});
