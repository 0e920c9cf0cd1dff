import { expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
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
  const call = (name: string) => ({ checkTime: (nowMs: number) => checked.push(`${name} at ${nowMs}`) });
  const [a, b] = [call("a"), call("b")];
  deadlines.add(a);
  deadlines.add(b);
  clock.advance(50);
  deadlines.delete(a);
  clock.advance(50);
  deadlines.delete(b);
  clock.advance(1_000);
  expect(checked).toEqual(["a at 50", "b at 50", "b at 100"]);
  expect(clock.timers).toBe(3);
  deadlines.add(a);
  clock.advance(50);
  expect(checked.at(-1)).toBe("a at 1150");
});
