import { expect, test } from "vitest";
import { TurnQueue } from "./index.ts";

test("does one piece in a turn of the event loop, and each work to its end, in their order, whatever becomes of them", async () => {
  const queue = new TurnQueue();
  const seen: string[] = [];
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const turns: number[] = [];
  function* work(name: string): Generator<undefined, string> {
    for (const piece of [1, 2, 3]) {
      seen.push(`${name}${piece}`);
      turns.push(turn);
      if (name === "b" && piece === 2) throw new Error("b");
      yield;
    }
    return name;
  }
  const results = await Promise.allSettled(["a", "b", "c"].map((name) => queue.run(work(name))));
  isOver = true;
  expect(seen).toEqual(["a1", "a2", "a3", "b1", "b2", "c1", "c2", "c3"]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(new Set(turns).size).toBe(8);
});
