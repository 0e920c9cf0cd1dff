import { afterEach, beforeEach, expect, test } from "vitest";
import { type Log, ManualClock, WatchedClock } from "./index.ts";

const hour = 3_600_000;
const toleranceMs = 30_000;

/** A machine whose wall clock can be set, and which can sleep. */
class Machine extends ManualClock {
  wallMs = 0;
  sleptMs = 0;
  isFrozenAt: number | undefined;
  override now = () => this.isFrozenAt ?? super.now() + this.wallMs + this.sleptMs;
  sinceBoot = () => this.monotonic() + this.sleptMs;
}

let machine: Machine;
let said: string[];
const note = (level: string) => (_: object, message: string) => void said.push(`${level}: ${message}`);
const log: Log = { debug() {}, info() {}, warn: note("warn"), error: note("error") };
const opened: WatchedClock[] = [];
const open = async (reference?: () => Promise<number>) => {
  const watched = await WatchedClock.open({ clock: machine, log, toleranceMs, reference });
  opened.push(watched);
  return watched;
};
/** Lets seconds pass, one by one, with the checks that fall due. */
const pass = async (seconds: number) => {
  for (let n = 0; n < seconds; n++) {
    machine.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
};
/** What the time should be. */
const trueNow = () => ManualClock.prototype.now.call(machine) + machine.sleptMs;

beforeEach(() => {
  machine = new Machine();
  said = [];
});
afterEach(() => {
  for (const watched of opened.splice(0)) watched.close();
});

test.each([2 * hour, -2 * hour, 10 * 365 * 24 * hour])(
  "a wall clock that jumps by %i ms moves nothing, and is named once",
  async (jump) => {
    const watched = await open();
    await pass(5);
    machine.wallMs = jump;
    expect(Math.abs(watched.now() - trueNow())).toBeLessThan(10);
    await pass(60);
    expect(Math.abs(watched.now() - trueNow())).toBeLessThan(10);
    expect(watched.problem).toMatch(
      /^This node's clock \(.*Z\) is \d+ (h|years) (ahead of|behind) the time that has passed/,
    );
    expect(watched.disagreementMs).toBeCloseTo(jump, -2);
    expect(said).toEqual([expect.stringMatching(/^error: This node's clock .* This node is not ready$/)]);
    machine.wallMs = 0;
    await pass(2);
    expect(watched.problem).toBeNull();
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/^warn: the clocks agree again/);
  },
);

test("one that stands still is named when it is behind by the tolerance", async () => {
  const watched = await open();
  machine.isFrozenAt = machine.now();
  await pass(20);
  expect(watched.problem).toBeNull();
  await pass(20);
  expect(watched.problem).toMatch(/behind/);
  // What was followed of it is a hundredth.
  expect(trueNow() - watched.now()).toBeLessThan(500);
});

test("a small step is followed little by little, and never backwards", async () => {
  const watched = await open();
  machine.wallMs = -2_000;
  let last = watched.now();
  for (let n = 0; n < 300; n++) {
    await pass(1);
    expect(watched.now()).toBeGreaterThan(last);
    last = watched.now();
  }
  expect(Math.abs(watched.now() - machine.now())).toBeLessThan(20);
  expect(said).toEqual([]);
});

test("a machine that slept is believed its wall clock", async () => {
  const watched = await open();
  await pass(1);
  machine.sleptMs = 8 * hour;
  await pass(2);
  expect(watched.problem).toBeNull();
  expect(Math.abs(watched.now() - trueNow())).toBeLessThan(30);
});

test.each([65_000, -90_000, 600_000, -600_000])(
  "with a reference it goes by that one, and names a difference of %i ms",
  async (skew) => {
    machine.wallMs = skew;
    const watched = await open(async () => trueNow());
    expect(watched.now()).toBe(trueNow());
    expect(watched.problem).toMatch(/than? .*database's|the database's/);
    expect(watched.disagreementMs).toBe(skew);
    await pass(10);
    expect(watched.now()).toBe(trueNow());
    machine.wallMs = 10_000;
    await pass(2);
    expect(watched.problem).toBeNull();
    expect(watched.now()).toBe(trueNow());
  },
);

test("a reference that jumps is not followed; one that is away judges nobody", async () => {
  let jump = 0;
  let isAway = false;
  const watched = await open(async () => {
    if (isAway) throw new Error("away");
    return trueNow() + jump;
  });
  isAway = true;
  await pass(100);
  expect([watched.problem, watched.now()]).toEqual([null, trueNow()]);
  isAway = false;
  jump = 2 * hour;
  await pass(10);
  expect(watched.problem).toMatch(/2 h behind the database's/);
  expect(watched.now()).toBe(trueNow());
  isAway = true;
  await pass(10);
  expect(watched.problem).toMatch(/2 h behind the database's/);
});

test("other judges are heard when the clocks agree", async () => {
  const watched = await open();
  let complaint: string | null = "The journal is of tomorrow";
  watched.judgeBy(() => complaint);
  await watched.check();
  expect(watched.problem).toBe("The journal is of tomorrow");
  expect(said).toEqual(["error: The journal is of tomorrow. This node is not ready"]);
  complaint = null;
  await watched.check();
  expect(watched.problem).toBeNull();
});
