import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { ManualClock, systemClock } from "../runtime/index.ts";
import { Deadlines } from "./deadlines.ts";

class CountingClock extends ManualClock {
  timers = 0;
  override after(delayMs: number, task: () => void): () => void {
    this.timers += 1;
    return super.after(delayMs, task);
  }
}

test("one timer serves all calls under way, and stops with the last", () => {
  const clock = new CountingClock(0);
  const deadlines = new Deadlines(clock);
  const checked: string[] = [];
  const call = (name: string) => ({ slot: -1, checkTime: (nowMs: number) => checked.push(`${name} at ${nowMs}`) });
  const [a, b] = [call("a"), call("b")];
  deadlines.add(a);
  deadlines.add(b);
  clock.advance(50);
  deadlines.delete(a);
  clock.advance(50);
  deadlines.delete(b);
  clock.advance(1_000);
  expect(checked.sort()).toEqual(["a at 50", "b at 100", "b at 50"]);
  expect(clock.timers).toBe(3);
  deadlines.add(a);
  clock.advance(50);
  expect(checked.at(-1)).toBe("a at 1150");
});

test("one sweep checks a part of very many, and each has its turn", () => {
  const clock = new ManualClock(0);
  const deadlines = new Deadlines(clock);
  const checks = new Map<number, number>();
  let inSweep = 0;
  let most = 0;
  const calls = Array.from({ length: 5_000 }, (_, number) => ({
    slot: -1,
    checkTime() {
      checks.set(number, (checks.get(number) ?? 0) + 1);
      most = Math.max(most, ++inSweep);
    },
  }));
  for (const call of calls) deadlines.add(call);
  for (let sweep = 0; sweep < 40; sweep++) {
    inSweep = 0;
    clock.advance(50);
  }
  expect(most).toBeLessThanOrEqual(1_000);
  expect(checks.size).toBe(5_000);
  expect(Math.min(...checks.values())).toBeGreaterThanOrEqual(3);
  for (const call of calls.slice(10)) deadlines.delete(call);
  checks.clear();
  clock.advance(50);
  expect([...checks.keys()].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("every call is checked once in a sweep, also when others end themselves in it", () => {
  const clock = new CountingClock(0);
  const deadlines = new Deadlines(clock);
  const checked: number[] = [];
  const calls = Array.from({ length: 6 }, (_, number) => ({
    slot: -1,
    checkTime() {
      checked.push(number);
      if (number % 2 === 0) deadlines.delete(this);
    },
  }));
  for (const call of calls) deadlines.add(call);
  deadlines.delete(calls[1]!);
  deadlines.delete(calls[1]!);
  clock.advance(50);
  expect(checked.sort()).toEqual([0, 2, 3, 4, 5]);
  checked.length = 0;
  clock.advance(50);
  expect(checked.sort()).toEqual([3, 5]);
});

test("after a standstill, what arrived meanwhile comes before the deadlines", async () => {
  const { port1, port2 } = new MessageChannel();
  const deadlines = new Deadlines(systemClock);
  const order: string[] = [];
  const swept = new Promise<void>((resolve) => {
    deadlines.add({
      slot: -1,
      checkTime() {
        order.push("deadline");
        resolve();
      },
    });
  });
  port2.on("message", () => order.push("message"));
  port1.postMessage("arrived");
  const until = performance.now() + 300;
  while (performance.now() < until);
  await swept;
  port2.close();
  expect(order[0]).toBe("message");
});
