import { expect, test, vi } from "vitest";
import { ManualClock, silentLog } from "../runtime/index.ts";
import { StorageAwayError } from "../storage/index.ts";
import { type CallEntry, CallLog } from "./index.ts";

const entry = (id: string) => ({ id }) as CallEntry;

function setUp() {
  const clock = new ManualClock();
  const written: string[] = [];
  let wrong: ((entries: readonly CallEntry[]) => void) | undefined;
  const error = vi.fn();
  const log = new CallLog({
    async write(entries) {
      wrong?.(entries);
      written.push(...entries.map(({ id }) => id));
    },
    clock,
    log: { ...silentLog, error },
    batchSize: 2,
    capacity: 4,
  });
  const said = () => error.mock.calls.filter(([, message]) => /missing/.test(message)).map(([fields]) => fields.lost);
  return { clock, written, log, said, goWrong: (how: typeof wrong) => (wrong = how) };
}
const away = () => {
  throw new StorageAwayError("away");
};
/** Lets what is under way come to rest. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("while the database is away entries wait, up to a bound; then calls wait for a while, and their entries are lost and counted", async () => {
  const { clock, written, log, said, goWrong } = setUp();
  goWrong(away);
  for (const id of ["1", "2", "3", "4"]) expect(log.record(entry(id))).toBeUndefined();
  await settled();
  const late = ["5", "6", "7"].map((id) => log.record(entry(id)));
  expect(late).not.toContain(undefined);
  expect(log.pending).toBe(7);
  clock.advance(2_000);
  await Promise.all(late);
  expect(log.pending).toBe(4);
  expect(log.lost).toBe(3);
  expect(said()).toEqual([1]);

  await settled();
  goWrong(undefined);
  await log.flush();
  expect(written).toEqual(["1", "2", "3", "4"]);
  expect(log.record(entry("8"))).toBeUndefined();
  await log.flush();
  expect(written.at(-1)).toBe("8");
});

test("a call that waits is taken when there is room again", async () => {
  const { clock, written, log, goWrong } = setUp();
  goWrong(away);
  for (const id of ["1", "2", "3", "4"]) log.record(entry(id));
  await settled();
  const late = log.record(entry("5"));
  goWrong(undefined);
  clock.advance(1_000);
  await late;
  await log.flush();
  expect(written).toEqual(["1", "2", "3", "4", "5"]);
  expect(log.lost).toBe(0);
});

test("an entry that the database refuses does not keep the others from being written", async () => {
  const { written, log, said, goWrong } = setUp();
  goWrong((entries) => {
    if (entries.some(({ id }) => id === "bad")) throw new Error("invalid byte sequence");
  });
  log.record(entry("1"));
  log.record(entry("bad"));
  log.record(entry("2"));
  await log.flush();
  expect(written).toEqual(["1", "2"]);
  expect(log.lost).toBe(1);
  expect(said()).toEqual([1]);
});

test("once closed it writes what waits, and does not try for ever", async () => {
  const { clock, written, log, goWrong } = setUp();
  log.record(entry("1"));
  await log.close();
  expect(written).toEqual(["1"]);
  let attempts = 0;
  goWrong(() => {
    attempts++;
    away();
  });
  log.record(entry("2"));
  await expect(log.close()).rejects.toThrow("away");
  clock.advance(60_000);
  await settled();
  expect(attempts).toBe(1);
  expect(log.pending).toBe(1);
});
