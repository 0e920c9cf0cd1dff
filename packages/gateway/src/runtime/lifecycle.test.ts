import { expect, test } from "vitest";
import { Lifecycle, type Log, type Part, silentLog } from "./index.ts";

/** A part that writes down what is asked of it, and fails where it is told to. */
const part = (told: string[], name: string, failing: readonly (keyof Part)[] = []): Required<Part> => {
  const tell = (what: keyof Part) => {
    told.push(`${what} ${name}`);
    if (failing.includes(what)) throw new Error(`${name} cannot ${what}`);
  };
  return {
    start: async () => tell("start"),
    beginStop: () => tell("beginStop"),
    close: async () => tell("close"),
  };
};

const openAll = (told: string[], failing: Record<string, readonly (keyof Part)[]> = {}, log: Log = silentLog) =>
  Lifecycle.open(log, async (life) => {
    for (const name of ["storage", "ledger", "server"]) life.add(name, part(told, name, failing[name]));
    return life;
  });

test("parts start upward, stop and close downward, once", async () => {
  const told: string[] = [];
  const life = await openAll(told);
  await life.start();
  expect(told.splice(0)).toEqual(["start storage", "start ledger", "start server"]);
  life.beginStop();
  expect(told.splice(0)).toEqual(["beginStop server", "beginStop ledger", "beginStop storage"]);
  await Promise.all([life.close(10), life.close(10)]);
  expect(told).toEqual(["close server", "close ledger", "close storage"]);
});

test("a part is closed before the next below it is, and knows how long callers may take", async () => {
  const told: string[] = [];
  const { promise: isDrained, resolve: drained } = Promise.withResolvers<void>();
  const life = await Lifecycle.open(silentLog, async (life) => {
    life.add("storage", part(told, "storage"));
    life.add("server", {
      async close(drainMs: number) {
        told.push(`drains for ${drainMs} ms`);
        await isDrained;
      },
    });
    return life;
  });
  const closed = life.close(2_000);
  await Promise.resolve();
  expect(told).toEqual(["beginStop storage", "drains for 2000 ms"]);
  drained();
  await closed;
  expect(told.at(-1)).toBe("close storage");
});

test("what cannot be closed keeps nothing else open; the first failure is told, all are in the log", async () => {
  const told: string[] = [];
  const logged: unknown[] = [];
  const log: Log = { ...silentLog, error: (fields) => logged.push((fields as { part: string }).part) };
  const life = await openAll(told, { server: ["beginStop", "close"], ledger: ["close"] }, log);
  await expect(life.close(0)).rejects.toThrow("server cannot close");
  expect(told).toEqual([
    "beginStop server",
    "beginStop ledger",
    "beginStop storage",
    "close server",
    "close ledger",
    "close storage",
  ]);
  expect(logged).toEqual(["server", "server", "ledger"]);
});

test("an opening that fails in the middle closes what is open, and tells why it failed", async () => {
  const told: string[] = [];
  const opening = Lifecycle.open(silentLog, async (life) => {
    life.add("storage", part(told, "storage", ["close"]));
    life.add("ledger", part(told, "ledger"));
    throw new Error("no admin key");
  });
  await expect(opening).rejects.toThrow("no admin key");
  expect(told.filter((line) => line.startsWith("close"))).toEqual(["close ledger", "close storage"]);
});

test("a start that fails in the middle closes everything", async () => {
  const told: string[] = [];
  const life = await openAll(told, { ledger: ["start"] });
  await expect(life.start()).rejects.toThrow("ledger cannot start");
  expect(told).toContain("start storage");
  expect(told).not.toContain("start server");
  expect(told.slice(-3)).toEqual(["close server", "close ledger", "close storage"]);
});
