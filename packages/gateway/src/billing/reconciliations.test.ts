import { expect, test } from "vitest";
import type { StatementLine } from "../ledger/index.ts";
import { ManualClock } from "../runtime/index.ts";
import { Reconciliations } from "./reconciliations.ts";

const PAGE = 500;
const period = { from: 0n, to: 1_000_000n };

/** A month of payments of 1, each logged, and a count of what is read of it. */
function month(lines: number) {
  const clock = new ManualClock();
  const all: StatementLine[] = [];
  const logged = new Set<string>();
  const pay = () => {
    const n = all.length + 1;
    const transaction = { type: "task", payer: "org", reference: { call_id: `call ${n}` }, createdAt: BigInt(n) };
    all.push({ transaction, change: -1n, balance: BigInt(-n) } as unknown as StatementLine);
    logged.add(`call ${n}`);
  };
  for (let n = 0; n < lines; n++) pay();
  const state = { read: 0, atOnce: 0, most: 0 };
  const reconciliations = new Reconciliations({
    clock,
    callLogStore: { countSuccesses: async (calls) => calls.filter((id) => logged.has(id)).length },
    async *pages(_orgId, _period, after) {
      state.most = Math.max(state.most, ++state.atOnce);
      try {
        for (let from = Number(after ?? 0n); from < all.length; from += PAGE) {
          await new Promise((resolve) => setImmediate(resolve));
          const page = all.slice(from, from + PAGE);
          state.read += page.length;
          yield page;
        }
      } finally {
        state.atOnce--;
      }
    },
  });
  const ask = (org = "org", closing = BigInt(-all.length)) => reconciliations.of(org, period, { opening: 0n, closing });
  return { ask, pay, state, logged, clock, all };
}

test("a month is read once, and then what came since", async () => {
  const { ask, pay, state } = month(1_200);
  const right = { ledgerTasks: 1_200, loggedTasks: 1_200, reconciled: true };
  expect(await ask()).toEqual(right);
  expect(state.read).toBe(1_200);
  expect(await ask()).toEqual(right);
  expect(state.read).toBe(1_200);
  pay();
  expect(await ask()).toEqual({ ledgerTasks: 1_201, loggedTasks: 1_201, reconciled: true });
  expect(state.read).toBe(1_201);
});

test("all who ask at once share what is read, and months of others are read two at a time", async () => {
  const { ask, state } = month(2_000);
  const found = await Promise.all(Array.from({ length: 20 }, () => ask()));
  expect(found.every(({ reconciled }) => reconciled)).toBe(true);
  expect(state.read).toBe(2_000);
  await Promise.all(Array.from({ length: 10 }, (_, n) => ask(`other ${n}`)));
  expect(state.most).toBe(2);
});

test("a statement that closes before what others have read is met all the same", async () => {
  const { ask } = month(1_000);
  expect(await ask()).toMatchObject({ reconciled: true });
  expect(await ask("org", -700n)).toMatchObject({ reconciled: true });
});

test("what does not reconcile is said, is read anew no sooner than ten seconds later, and from where it was right", async () => {
  const { ask, pay, state, logged, clock, all } = month(1_000);
  pay();
  logged.delete("call 1001");
  const wrong = { ledgerTasks: 1_001, loggedTasks: 1_000, reconciled: false };
  expect(await ask()).toEqual(wrong);
  logged.add("call 1001");
  expect(await ask()).toEqual(wrong);
  expect(state.read).toBe(1_001);
  clock.advance(10_000);
  expect(await ask()).toMatchObject({ reconciled: true });
  expect(state.read).toBe(1_002);
  // A balance that does not follow from what moved it.
  pay();
  all[1_001] = { ...all[1_001]!, balance: 5n };
  expect(await ask()).toMatchObject({ reconciled: false });
  clock.advance(10_000);
  expect(await ask("org", 7n)).toMatchObject({ reconciled: false });
});
