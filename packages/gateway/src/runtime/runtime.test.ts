import { expect, test } from "vitest";
import { createTimestamps, ManualClock, renderTimestamp, SeededRandom, systemRandom, uuidDigits } from "./index.ts";

test("timestamps never repeat and never run backwards", () => {
  const clock = new ManualClock();
  const next = createTimestamps(clock);
  const first = next();
  expect(next()).toBe(first + 1n);
  clock.advance(1);
  expect(next()).toBe(first + 1000n);
});

test("a timestamp renders as ISO 8601 with microseconds", () => {
  expect(renderTimestamp(1_795_291_200_000_042n)).toBe("2026-11-21T20:00:00.000042Z");
});

test("a manual clock runs due timers in order, and cancelled ones never", () => {
  const clock = new ManualClock(0);
  const ran: string[] = [];
  clock.after(20, () => ran.push(`b at ${clock.now()}`));
  clock.after(10, () => ran.push(`a at ${clock.now()}`));
  clock.after(15, () => ran.push("cancelled"))();
  clock.advance(19);
  expect(ran).toEqual(["a at 10"]);
  clock.advance(1);
  expect(ran).toEqual(["a at 10", "b at 20"]);
});

test("the same seed gives the same randomness", () => {
  const [a, b] = [new SeededRandom(7), new SeededRandom(7)];
  expect(a.uuid()).toBe(b.uuid());
  expect(a.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a UUID is in one piece, and its digits are those it is written with", () => {
  for (let seed = 0; seed < 50; seed++) {
    const id = new SeededRandom(seed).uuid();
    expect(uuidDigits(id)).toBe(id.replaceAll("-", ""));
    expect(Buffer.from(uuidDigits(id), "hex")[6]! >> 4).toBe(4);
  }
});

test("no two UUIDs of the system are alike", () => {
  const ids = Array.from({ length: 5_000 }, () => systemRandom.uuid());
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
