import { beforeEach, expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { AgentCount } from "./agent-count.ts";

let clock: ManualClock;
let there: number;
let counted: number;
let fails: boolean;
let agents: AgentCount;
beforeEach(() => {
  clock = new ManualClock();
  [there, counted, fails] = [0, 0, false];
  agents = new AgentCount(async () => {
    counted += 1;
    if (fails) throw new Error("away");
    return there;
  }, clock);
});
const grow = (to: number) => {
  there = to;
};

test("however the agents change, the rough number is counted once a minute, and nobody waits for it", async () => {
  expect(await agents.roughly()).toBe(0);
  for (let n = 1; n <= 100; n++) {
    grow(n);
    expect(await agents.roughly()).toBe(0);
  }
  expect(counted).toBe(1);
  clock.advance(60_001);
  expect(await Promise.all([agents.roughly(), agents.roughly()])).toEqual([0, 0]);
  await expect.poll(() => agents.roughly()).toBe(100);
  expect(counted).toBe(2);
});

test("an exact number is the rough one, too", async () => {
  await agents.roughly();
  grow(7);
  await agents.exactly();
  expect([await agents.roughly(), counted]).toEqual([7, 2]);
});

test("while agents cannot be counted, the old number serves, and they are asked for once a minute", async () => {
  await agents.roughly();
  grow(9);
  fails = true;
  for (let minute = 1; minute <= 3; minute++) {
    clock.advance(60_001);
    expect(await agents.roughly()).toBe(0);
    expect(await agents.roughly()).toBe(0);
    expect(counted).toBe(1 + minute);
  }
  fails = false;
  clock.advance(60_001);
  await agents.roughly();
  await expect.poll(() => agents.roughly()).toBe(9);
});
