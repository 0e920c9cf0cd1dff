import { createParser } from "eventsource-parser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readEvents, type UpstreamEvent } from "./read-events.ts";
import type { OutboundBody } from "./stream-call.ts";

/** A body of which the pieces come one by one, each when the last is taken. */
const bodyOf = (pieces: Buffer[]): OutboundBody => ({
  keeps() {},
  async read(take) {
    for (const piece of pieces) if (!(await take(piece))) return;
  },
  async *[Symbol.asyncIterator]() {
    yield* pieces;
  },
});

const line = fc.oneof(
  fc.constantFrom(
    "",
    "",
    "",
    "data",
    "data: x",
    "event: chunk",
    ": keep-alive",
    "id: 7",
    "retry: 10",
    "\u{feff}data: y",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => `data: ${text}`),
);
const lines = fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n", "\r")), { maxLength: 30 });

test("however a stream is cut into pieces, its events are the same", async () => {
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat(400), { maxLength: 12 }), async (written, cuts) => {
      const bytes = Buffer.from(written.map(([text, end]) => text + end).join(""));
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const read: UpstreamEvent[] = [];
      await readEvents(bodyOf(pieces), { onEvent: (event) => read.push(event) > 0 });
      const expected: UpstreamEvent[] = [];
      createParser({ onEvent: ({ event, data }) => expected.push({ type: event, data }) }).feed(bytes.toString("utf8"));
      expect(read).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

const text = (...data: string[]) => Buffer.from(data.map((each) => `data: ${each}\n\n`).join(""));

test("an event that is waited for holds up those after it; one that is enough ends the reading", async () => {
  const log: string[] = [];
  const wait = Promise.withResolvers<boolean>();
  const reading = readEvents(bodyOf([text("a", "b", "c"), text("d", "e"), text("f")]), {
    onEvent({ data }) {
      log.push(data);
      return data === "b" ? wait.promise : data !== "d";
    },
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toEqual(["a", "b"]);
  wait.resolve(true);
  await reading;
  expect(log).toEqual(["a", "b", "c", "d"]);
});

test("the bytes of an unfinished event are told, and may be too many", async () => {
  const told: number[] = [];
  const reading = readEvents(bodyOf([text("whole"), Buffer.from("data: 12"), Buffer.from("3456"), Buffer.from("78")]), {
    onEvent: () => true,
    onUnfinished(bytes) {
      told.push(bytes);
      if (bytes > 12) throw new Error("too large");
    },
  });
  await expect(reading).rejects.toThrow("too large");
  expect(told).toEqual([8, 12, 14]);
});
