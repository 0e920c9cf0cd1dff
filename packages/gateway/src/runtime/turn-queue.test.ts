import { expect, test } from "vitest";
import { TurnQueue } from "./index.ts";

test("does one piece in a turn of the event loop, in their order, whatever becomes of each", async () => {
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
  const pieces = ["a", "b", "c", "d"].map((name) =>
    queue.run(() => {
      seen.push(name);
      turns.push(turn);
      if (name === "b") throw new Error("b");
      return name;
    }),
  );
  const results = await Promise.allSettled(pieces);
  isOver = true;
  expect(seen).toEqual(["a", "b", "c", "d"]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect(new Set(turns).size).toBe(4);
});
