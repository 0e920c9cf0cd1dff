import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { GroupedWrites } from "./grouped-writes.ts";

/** Writes numbers; a group that holds a negative one fails, and takes no effect. */
function writesOf(error: Error = new Error("refused"), written: Promise<void> = Promise.resolve()) {
  const groups: number[][] = [];
  const writes = new GroupedWrites<number, string>({
    keyOf: String,
    ownerOf: (item) => (item % 2 ? "odd" : "even"),
    isTransient: ({ message }: any) => message === "away",
    async write(items) {
      groups.push(items);
      await written;
      if (items.some((item) => item < 0)) throw error;
      return items.map((item) => `wrote ${item}`);
    },
  });
  return { writes, groups };
}

test("what comes in one turn of the event loop, or while a group is written, shares a transaction", async () => {
  const written = Promise.withResolvers<void>();
  const { writes, groups } = writesOf(undefined, written.promise);
  const first = [writes.write(1), writes.write(2)];
  await null;
  first.push(writes.write(3));
  await expect.poll(() => groups).toHaveLength(1);
  const second = [writes.write(4)];
  await turn();
  second.push(writes.write(5));
  written.resolve();
  expect(await Promise.all([...first, ...second])).toEqual([1, 2, 3, 4, 5].map((item) => `wrote ${item}`));
  expect(groups).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
});

test("an item that cannot be written fails alone", async () => {
  const { writes } = writesOf();
  const outcomes = await Promise.allSettled([1, 2, -3, 4, 5, 6, -7].map((item) => writes.write(item)));
  expect(outcomes.map(({ status }) => status === "fulfilled")).toEqual([true, true, false, true, true, true, false]);
  expect(await writes.write(8)).toBe("wrote 8");
});

test("while the database is away, a group fails at once and as a whole", async () => {
  const { writes, groups } = writesOf(new Error("away"));
  const outcomes = await Promise.allSettled([1, -2, 3].map((item) => writes.write(item)));
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(groups).toHaveLength(1);
});

test("each owner has a share of what may wait; what is beyond it is refused as the database's state", async () => {
  const hold = Promise.withResolvers<void>();
  const { writes } = writesOf(undefined, hold.promise);
  const odd = Array.from({ length: 3_000 }, (_, index) => writes.write(2 * index + 1).catch((error) => error.name));
  const even = writes.write(2);
  hold.resolve();
  const results = await Promise.all(odd);
  expect(results.filter((result) => result === "StorageOverloadedError").length).toBe(500);
  expect(await even).toBe("wrote 2");
  expect(await writes.write(1)).toBe("wrote 1");
});
