import { expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { KeepAlives } from "./keep-alives.ts";

function open(count: number) {
  const clock = new ManualClock();
  const keepAlives = new KeepAlives(clock);
  const said: number[][] = [];
  const streams = Array.from({ length: count }, () => {
    const times: number[] = [];
    said.push(times);
    return { slot: -1, quietTurns: 0, sayAlive: () => times.push(clock.monotonic()) };
  });
  const startMs = clock.monotonic();
  for (const stream of streams) keepAlives.add(stream);
  return { clock, keepAlives, streams, said, startMs };
}

test("of many streams opened at one moment, each speaks every 15 seconds, and few at a time", () => {
  const { clock, said, startMs } = open(1_000);
  clock.advance(100_000);
  const all = said.flat();
  for (const times of said) {
    const gaps = [startMs, ...times].slice(1).map((time, index) => time - [startMs, ...times][index]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(15_100);
    expect(times.length).toBeGreaterThanOrEqual(6);
    expect(times.length).toBeLessThanOrEqual(7);
  }
  const atOnce = Map.groupBy(all, (time) => time);
  expect(Math.max(...[...atOnce.values()].map(({ length }) => length))).toBeLessThanOrEqual(7);
});

test("one that has something to say says nothing else; after that it is never quiet for more than 15 seconds", () => {
  const { clock, streams, said } = open(2);
  for (let second = 0; second < 100; second += 5) {
    clock.advance(5_000);
    streams[0]!.quietTurns = 0;
  }
  expect(said[0]).toEqual([]);
  const silentSince = clock.monotonic();
  clock.advance(16_000);
  expect(said[0]).toHaveLength(1);
  expect(said[0]![0]! - silentSince).toBeGreaterThan(7_000);
});

test("one that is closed says nothing, and with the last one the timer stops", () => {
  const { clock, keepAlives, streams, said } = open(3);
  keepAlives.delete(streams[1]!);
  keepAlives.delete(streams[1]!);
  clock.advance(31_000);
  expect(said.map(({ length }) => length)).toEqual([2, 0, 2]);
  keepAlives.delete(streams[0]!);
  keepAlives.delete(streams[2]!);
  clock.advance(60_000);
  expect(said.map(({ length }) => length)).toEqual([2, 0, 2]);
});
