import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ManualClock, SeededRandom, silentLog } from "../runtime/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { Ledger } from "./ledger.ts";
import type { LedgerQueries } from "./ledger-queries.ts";
import { SqlLedgerStore } from "./sql-store.ts";
import type { LedgerStore, Loaded } from "./store.ts";
import { MemoryStore } from "./testing/memory-store.ts";
import { allAccounts, histories } from "./testing/model-commands.ts";
import { ReferenceLedger } from "./testing/reference-ledger.ts";
import { createTestLedger, type TestLedger } from "./testing/test-ledger.ts";

/** P2, P3, P4, P7 and P22: whatever happens in whatever order, the ledger does what the reference ledger does. */
export function modelSuite(runs: number): void {
  // A history takes a tenth of a second on a database, and some times that on a machine that others use.
  const timeoutMs = Math.max(600_000, runs * 1_500);

  describe.each(testEngines())("on %s", (engine) => {
    const clock = new ManualClock();
    let books: TestLedger;
    beforeAll(async () => {
      books = await createTestLedger(engine, clock);
    });
    afterAll(() => books?.remove());

    test(
      "any history has the answers and the balances of the reference ledger (P2, P3, P4)",
      async () => {
        const { ledger } = books;
        const store = new SqlLedgerStore(books.fixture.storage);
        let run = 0;
        const property = fc.asyncProperty(histories(30), async (history) => {
          const real = {
            ledger,
            clock,
            run: `${run++}-`,
            holds: new Map(),
            budgets: new Map(),
            accounts: () => allAccounts(store.books),
          };
          await fc.asyncModelRun(() => ({ model: new ReferenceLedger(), real }), history);
        });
        await fc.assert(property, { numRuns: runs, endOnFailure: true });
        expect(await ledger.verify()).toMatchObject({ ok: true, problems: [] });
      },
      timeoutMs,
    );
  });

  describe("in memory", () => {
    const check = async (wrap: (store: MemoryStore) => LedgerStore, parameters: { numRuns: number; seed?: number }) => {
      const property = fc.asyncProperty(histories(60), async (history) => {
        const clock = new ManualClock();
        const memory = new MemoryStore();
        const options = { clock, random: new SeededRandom(1), log: silentLog };
        const ledger = new Ledger({ ...options, store: wrap(memory) }, undefined as unknown as LedgerQueries);
        const real = {
          ledger,
          clock,
          run: "",
          holds: new Map(),
          budgets: new Map(),
          accounts: () => allAccounts(memory.books),
        };
        await fc.asyncModelRun(() => ({ model: new ReferenceLedger(), real }), history);
        expect((await ledger.verify()).problems).toEqual([]);
        await ledger.close();
      });
      await fc.assert(property, { ...parameters, endOnFailure: true });
    };

    test(
      "a sound store keeps up with the reference ledger",
      () => check((store) => store, { numRuns: runs * 10 }),
      timeoutMs,
    );

    /** Stores with one mistake each: such histories must find it, or they would prove nothing. The same ones in every run. */
    const given = { numRuns: 500, seed: 1 };
    const broken: Record<string, (loaded: Loaded) => Loaded> = {
      "forgets what is held": (loaded) => ({
        ...loaded,
        accounts: loaded.accounts.map((account) => ({ ...account, held: account.held > 0n ? account.held - 1n : 0n })),
      }),
      "forgets keys": (loaded) => ({ ...loaded, keyed: [] }),
      "forgets how holds were resolved": (loaded) => ({ ...loaded, resolutions: [] }),
      "never notices that holds lapse": (loaded) => ({ ...loaded, due: [] }),
      "credits a micro-dollar too much": (loaded) => ({
        ...loaded,
        accounts: loaded.accounts.map((account) => ({ ...account, posted: account.posted + 1n })),
      }),
      "forgets what budgets have spent": (loaded) => ({
        ...loaded,
        accounts: loaded.accounts.filter(({ id }) => !id.startsWith("budget:")),
      }),
      "forgets what is held of budgets": (loaded) => ({
        ...loaded,
        accounts: loaded.accounts.map((account) =>
          account.id.startsWith("budget:") ? { ...account, held: 0n } : account,
        ),
      }),
    };
    test.each(Object.keys(broken))("a store that %s is caught", async (mistake) => {
      const breaking = (store: MemoryStore): LedgerStore => ({
        transact: (needs, decide) => store.transact(needs, (loaded) => decide(broken[mistake]!(loaded))),
        look: () => store.look(),
        books: store.books,
      });
      await expect(check(breaking, given)).rejects.toThrow(/Property failed/);
    });

    test("a store that resolves holds without closing them, or loses entries, is caught", async () => {
      const dropping = (store: MemoryStore, drop: "resolved" | "entries"): LedgerStore => {
        const write = store.write.bind(store);
        store.write = (changes) => write({ ...changes, [drop]: [] });
        return store;
      };
      await expect(check((store) => dropping(store, "resolved"), given)).rejects.toThrow(/Property failed/);
      await expect(check((store) => dropping(store, "entries"), given)).rejects.toThrow(/Property failed/);
    });
  });
}
