import { beforeEach, expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { JournalTime } from "./journal-time.ts";

const second = 1_000_000n;
let clock: ManualClock;
let time: JournalTime;
beforeEach(() => {
  clock = new ManualClock();
  time = new JournalTime(clock);
});
const pass = (seconds: number) => clock.advance(seconds * 1000);

test("time passes from the head that was seen, by the monotonic clock", () => {
  expect(time.now).toBe(0n);
  expect(time.see({ created_at: 0n, seq: 1n, elapsed: 7n * second })).toBe(7n * second);
  pass(5);
  expect(time.now).toBe(12n * second);
  expect(time.see({ created_at: 0n, seq: 1n, elapsed: 7n * second })).toBe(12n * second);
});

test("nodes that take turns move one clock at the speed of real time", () => {
  const other = new JournalTime(clock);
  let head = { created_at: 0n, seq: 0n, elapsed: 0n };
  const nodes = [time, other];
  for (const node of nodes) node.see(head);
  for (let turn = 1; turn <= 1000; turn++) {
    clock.advance(7);
    const node = nodes[turn % 2]!;
    head = { created_at: 0n, seq: BigInt(turn), elapsed: node.see(head) };
    node.wrote(head);
    expect(head.elapsed).toBe(BigInt(turn) * 7_000n);
  }
});

test("a node that has waited for long hardly cuts short what one that has just started put aside", async () => {
  const idle = { created_at: 0n, seq: 1n, elapsed: 0n };
  time.see(idle);
  for (let n = 0; n < 3_600; n++) {
    pass(1);
    expect(time.see(idle)).toBe(BigInt(n + 1) * second);
  }
  const fresh = new JournalTime(clock);
  const head = { created_at: 0n, seq: 2n, elapsed: fresh.see(idle) };
  fresh.wrote(head);
  pass(1);
  expect(time.see(head)).toBe(1n * second);
  pass(1);
  expect(time.see(head)).toBe(2n * second);
  expect(fresh.see(head)).toBe(2n * second);
});

test("one that did not even look for long goes at most three seconds ahead", () => {
  time.see({ created_at: 0n, seq: 1n, elapsed: 0n });
  pass(3_600);
  expect(time.see({ created_at: 0n, seq: 2n, elapsed: 0n })).toBe(3n * second);
  pass(1);
  expect(time.now).toBe(4n * second);
});

test("it follows a node that knows of more time, and never answers less than the head says", () => {
  time.see({ created_at: 0n, seq: 1n, elapsed: 0n });
  expect(time.see({ created_at: 0n, seq: 2n, elapsed: 90n * second })).toBe(90n * second);
  pass(1);
  expect(time.now).toBe(91n * second);
});

test("a look that a batch has overtaken changes nothing", () => {
  time.see({ created_at: 0n, seq: 1n, elapsed: 0n });
  pass(10);
  time.wrote({ created_at: 0n, seq: 2n, elapsed: time.see({ created_at: 0n, seq: 1n, elapsed: 0n }) });
  expect(time.see({ created_at: 0n, seq: 1n, elapsed: 0n })).toBe(10n * second);
  pass(10);
  expect(time.see({ created_at: 0n, seq: 2n, elapsed: 10n * second })).toBe(20n * second);
});
