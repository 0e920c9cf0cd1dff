import { beforeEach, describe, expect, test } from "vitest";
import { ManualClock, SeededRandom, silentLog } from "../runtime/index.ts";
import { StorageClosedError, UnknownOutcomeError } from "../storage/index.ts";
import { GroupCommitter } from "./group-committer.ts";
import { Ledger, topup } from "./index.ts";
import { JournalTime } from "./journal-time.ts";
import type { LedgerQueries } from "./ledger-queries.ts";
import { MemoryStore } from "./testing/memory-store.ts";

let clock: ManualClock;
let store: MemoryStore;
let ledger: Ledger;
let transactions: number;

beforeEach(() => {
  clock = new ManualClock();
  store = new MemoryStore();
  transactions = 0;
  const transact = store.transact.bind(store);
  store.transact = (needs, decide) => {
    transactions++;
    return transact(needs, decide);
  };
  const options = { store, clock, random: new SeededRandom(1), log: silentLog };
  ledger = new Ledger(options, undefined as unknown as LedgerQueries);
});

const credit = (n: number) => ledger.post({ posting: topup({ account: "w", amount: 1n }), key: `key-${n}` });
const many = (count: number) => Promise.allSettled(Array.from({ length: count }, (_, n) => credit(n)));
const soon = () => new Promise((resolve) => setImmediate(resolve));
/** Lets time pass until the promise is settled. */
const inTime = async <T>(promise: Promise<T>, seconds = 60): Promise<T> => {
  let settled = false;
  const end = () => {
    settled = true;
  };
  promise.then(end, end);
  for (let n = 0; n < seconds * 10 && !settled; n++) {
    await soon();
    clock.advance(100);
  }
  return promise;
};
const codes = (answers: PromiseSettledResult<unknown>[]) =>
  answers.map((answer) => (answer.status === "fulfilled" ? "done" : answer.reason.code));

test("operations submitted together share one transaction; those that come meanwhile share the next", async () => {
  const first = many(100);
  await soon();
  expect(codes(await first)).toEqual(Array(100).fill("done"));
  expect(transactions).toBe(1);

  let commit = () => {};
  store.disturb = () => new Promise((resolve) => (commit = () => resolve(undefined)));
  const slow = credit(100);
  await soon();
  const meanwhile = Promise.all(Array.from({ length: 50 }, (_, n) => credit(200 + n)));
  store.disturb = async () => undefined;
  commit();
  await Promise.all([slow, meanwhile]);
  expect(transactions).toBe(3);
});

test("a batch is bounded", async () => {
  await many(600);
  expect(transactions).toBe(3);
});

test("more than the queue holds is refused, and nothing of it happens", async () => {
  const committer = new GroupCommitter({ store, clock, time: new JournalTime(clock), log: silentLog, queueMax: 10 });
  const operation = (n: number) => ({
    ...{ step: "post" as const, id: `id-${n}`, key: `k-${n}`, fingerprint: "f", alongside: [] },
    posting: topup({ account: "w", amount: 1n }),
  });
  const answers = await Promise.allSettled(Array.from({ length: 15 }, (_, n) => committer.submit(operation(n))));
  expect(codes(answers)).toEqual([...Array(10).fill("done"), ...Array(5).fill("overloaded")]);
  expect(store.rows).toHaveLength(10);
});

describe("while the database is away", () => {
  test("a batch is tried again and succeeds when it is back", async () => {
    store.disturb = async () => (clock.now() < Date.UTC(2026, 0, 1) + 2_000 ? "away" : undefined);
    await expect(inTime(credit(1))).resolves.toMatchObject({ replayed: false });
  });

  test("for long, it is unavailable, known not to have happened, and never insufficient funds", async () => {
    store.disturb = async () => "away";
    const answers = await inTime(many(300));
    for (const answer of answers) {
      expect(answer).toMatchObject({ reason: { code: "unavailable", data: { outcomeUnknown: false } } });
    }
  });

  test("when an answer is lost, the operation is found done at the next attempt, once", async () => {
    const faults = ["answer lost", "commit lost", undefined] as const;
    let attempt = 0;
    store.disturb = async () => faults[attempt++];
    await inTime(credit(1));
    expect(store.rows).toHaveLength(1);
  });

  test("when the answer is lost and none is to be had, it says that it may have happened", async () => {
    store.transact = () => Promise.reject(new UnknownOutcomeError("gone"));
    await expect(inTime(credit(1))).rejects.toMatchObject({ code: "unavailable", data: { outcomeUnknown: true } });
  });

  test("a database that is closed for good is answered at once", async () => {
    store.transact = () => Promise.reject(new StorageClosedError("closed"));
    expect(codes(await many(3))).toEqual(Array(3).fill("unavailable"));
  });
});

test("an operation that the database refuses is found and refused alone", async () => {
  const transact = store.transact.bind(store);
  store.transact = (needs, decide) =>
    needs.keys.includes("key-37") ? Promise.reject(new Error("value too long")) : transact(needs, decide);
  const answers = await many(100);
  expect(answers.flatMap(({ status }, n) => (status === "rejected" ? n : []))).toEqual([37]);
  expect(answers[37]).toMatchObject({ reason: { message: "value too long" } });
  expect(store.rows).toHaveLength(99);
});

test("closing waits for what was taken and refuses what comes after", async () => {
  const taken = many(5);
  await ledger.close();
  expect(store.rows).toHaveLength(5);
  expect(codes(await taken)).toEqual(Array(5).fill("done"));
  await expect(credit(9)).rejects.toMatchObject({ code: "unavailable", data: { outcomeUnknown: false } });
});
