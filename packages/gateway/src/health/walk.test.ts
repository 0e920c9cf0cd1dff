import { setImmediate as tick } from "node:timers/promises";
import { expect, test } from "vitest";
import { ManualClock, SeededRandom, silentLog } from "../runtime/index.ts";
import type { CheckTarget } from "./agent-health.ts";
import { Walk, type WalkOptions } from "./walk.ts";

const ROUND_MS = 54_000;

/** A walk round so many agents, and when it began to look at each. */
function start(count: number, { begin, from }: Partial<Pick<WalkOptions, "begin">> & { from?: string } = {}) {
  const random = new SeededRandom(3);
  const ids = Array.from({ length: count }, () => random.uuid()).sort();
  const clock = new ManualClock();
  const looked = new Map<string, number[]>(ids.map((id) => [id, []]));
  const pages: number[] = [];
  const targets: WalkOptions["targets"] = async (after, upTo, limit) => {
    const page = ids.filter((id) => id > after && (upTo === undefined || id <= upTo)).slice(0, limit);
    pages.push(page.length);
    return page.map((id) => ({ id }) as CheckTarget);
  };
  const walk = new Walk(
    {
      targets,
      clock,
      log: silentLog,
      roundMs: ROUND_MS,
      begin(target) {
        const begun = begin?.(target) ?? "begun";
        if (begun === "begun") looked.get(target.id)!.push(clock.now());
        return begun;
      },
    },
    from,
  );
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 20) {
      clock.advance(20);
      await tick();
    }
  };
  return { ids, clock, looked, pages, walk, pass };
}

test.each([1, 40, 3_000])("each of %d agents is looked at once in every round, at its own moment", async (count) => {
  const { looked, pass, pages, walk } = start(count);
  await pass(ROUND_MS * 3.2);
  walk.stop();
  const gaps = [...looked.values()].flatMap((times) => times.slice(1).map((at, n) => at - times[n]!));
  expect(Math.min(...[...looked.values()].map((times) => times.length))).toBeGreaterThanOrEqual(3);
  expect(Math.min(...gaps)).toBeGreaterThan(ROUND_MS * 0.94);
  expect(Math.max(...gaps)).toBeLessThan(ROUND_MS * 1.06);
  expect(Math.max(...pages)).toBeLessThanOrEqual(100);
  if (count === 3_000) {
    // Evenly: no tenth of the round has much more than a tenth of the agents.
    const firsts = [...looked.values()].map(([at]) => at!);
    const begin = Math.min(...firsts);
    for (let tenth = 0; tenth < 10; tenth++) {
      const within = firsts.filter((at) => Math.floor(((at - begin) / ROUND_MS) * 10) === tenth).length;
      expect(within).toBeLessThan(420);
    }
  }
});

test("another walk goes on where one was", async () => {
  const first = start(1_000);
  await first.pass(ROUND_MS / 2);
  const from = first.walk.position;
  first.walk.stop();
  const second = start(1_000, { from });
  await second.pass(ROUND_MS / 4);
  second.walk.stop();
  const late = second.ids.filter((id) => second.looked.get(id)!.length > 0 !== (id > from && id < "c0000000"));
  expect(late.length).toBeLessThan(20);
  for (const nonsense of ["zzz", "'; drop table", "f".repeat(500)]) {
    const walk = start(10, { from: nonsense });
    await walk.pass(ROUND_MS * 1.1);
    walk.walk.stop();
    expect([...walk.looked.values()].every((times) => times.length >= 1)).toBe(true);
  }
});

test("whoever has no place is looked at as soon as there is one, and holds up nobody", async () => {
  let open = false;
  const greedy = (id: string) => id < "20000000";
  const { ids, looked, pass, walk } = start(500, { begin: ({ id }) => (greedy(id) && !open ? "over" : "begun") });
  await pass(ROUND_MS + 600);
  for (const id of ids) expect(looked.get(id)!.length).toBe(greedy(id) ? 0 : 1);
  open = true;
  await pass(1_000);
  walk.stop();
  for (const id of ids.filter(greedy)) expect(looked.get(id)!.length).toBeGreaterThanOrEqual(1);
});

test("those who wait are looked at as fast as places come free", async () => {
  let places = 20;
  const { looked, pass, walk, clock } = start(2_000, {
    begin: () => {
      if (places === 0) return "over";
      places--;
      clock.after(20, () => places++);
      return "begun";
    },
  });
  // It stood still for a tenth of a round: two hundred are due at once.
  clock.advance(ROUND_MS / 10);
  await pass(1_000);
  const looks = [...looked.values()].filter((times) => times.length > 0).length;
  walk.stop();
  expect(looks).toBeGreaterThan(200);
});

test("while all places are taken it waits, and then passes over nobody", async () => {
  let free = 0;
  const { looked, pass, walk } = start(12_000, { begin: () => (free-- > 0 ? "begun" : "full") });
  // Half as fast as it would have to be: more wait than may.
  for (let passed = 0; passed < 2.6 * ROUND_MS; passed += 1_000) {
    free = 100;
    await pass(1_000);
  }
  walk.stop();
  expect(Math.min(...[...looked.values()].map((times) => times.length))).toBeGreaterThanOrEqual(1);
});
