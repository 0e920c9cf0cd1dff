import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dialects, utcTimestamp } from "./index.ts";

test.each([
  ["2026-04-02T16:59:25.331844", "2026-04-02T16:59:25.331844Z"],
  ["2026-08-15T12:00:00+02:00", "2026-08-15T10:00:00Z"],
  ["2026-08-15T12:00:00.5-0330", "2026-08-15T15:30:00.5Z"],
  ["2026-08-15 10:00:00+00:00", "2026-08-15T10:00:00Z"],
  ["2026-08-15T10:00Z", "2026-08-15T10:00:00Z"],
  ["2026-08-15t10:00:00z", "2026-08-15T10:00:00Z"],
  ["2026-08-15T10:00:00.123456789012Z", "2026-08-15T10:00:00.123456789Z"],
  ["2026-08-15T10:00:00+02", "2026-08-15T08:00:00Z"],
  ["2026-08-15T10:00:00.123456789Z", "2026-08-15T10:00:00.123456789Z"],
  ["2026-02-30T10:00:00Z", "2026-03-02T10:00:00Z"],
  ["2026-08-15T24:00:00Z", "2026-08-16T00:00:00Z"],
  ["", undefined],
  ["yesterday", undefined],
  ["2026-13-45T10:00:00Z", undefined],
  ["9999-12-31T23:59:59-14:00", undefined],
  [1_755_252_000, undefined],
  [null, undefined],
])("%j is read as %j", (said, read) => {
  expect(utcTimestamp(said)).toBe(read);
});

test("whatever zone a moment is told in, it is the same moment, and one in UTC stays as it is", () => {
  const moment = fc.date({ min: new Date("1970-01-02"), max: new Date("9990-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(moment, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offset) => {
      const utc = date.toISOString();
      expect(utcTimestamp(utc)).toBe(utc);
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
      const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60].map((n) =>
        `${n}`.padStart(2, "0"),
      );
      expect(utcTimestamp(`${local}${offset < 0 ? "-" : "+"}${hours}:${minutes}`)).toBe(utc);
    }),
  );
});

describe("timestamps of 0.3 agents", () => {
  const status = { state: "completed", timestamp: "2026-04-02T16:59:25.331844" };
  const task = { kind: "task", id: "t", contextId: "c", status };
  const update = { kind: "status-update", taskId: "t", contextId: "c", status, final: true };

  test.each([
    ["answers", dialects["0.3"].fromResult("SendMessage", task)],
    ["tasks", { task: dialects["0.3"].fromResult("GetTask", task) }],
    ["events", dialects["0.3"].fromEvent(task)],
    ["updates", dialects["0.3"].fromEvent(update)],
    ["tasks over HTTP+JSON", { task: dialects["0.3-rest"].fromResult("GetTask", task) }],
    ["events over HTTP+JSON", dialects["0.3-rest"].fromEvent({ statusUpdate: update })],
  ])("reach 1.0 callers in UTC: in %s", (_, told) => {
    const { task, statusUpdate } = told as Record<string, { status: { timestamp: string } }>;
    expect((task ?? statusUpdate)!.status.timestamp).toBe("2026-04-02T16:59:25.331844Z");
  });
});
