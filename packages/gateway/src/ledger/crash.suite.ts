import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SeededRandom, systemClock } from "../runtime/index.ts";
import { KeyedStatement } from "../storage/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { failPoints, type Ledger, topup } from "./index.ts";
import { type Death, type Life, liveAndDie } from "./testing/crash-life.ts";
import { createTestLedger, type TestLedger } from "./testing/test-ledger.ts";
import { CheckpointedWalk } from "./verification/checkpointed-walk.ts";
import { CheckpointStore } from "./verification/checkpoints.ts";
import { SqlBooks } from "./verification/sql-books.ts";

/** P5: what was acknowledged survives `kill -9` at any moment, and nothing happens twice. */
export function crashSuite({ rounds, passages }: { rounds: number; passages: readonly number[] }): void {
  const seed = Number(process.env.AGENTGATE_SEED ?? Math.floor(Math.random() * 2 ** 31));

  describe.each(testEngines())(`killed on %s (AGENTGATE_SEED=${seed})`, (engine) => {
    const random = new SeededRandom(seed);
    let books: TestLedger;
    let ledger: Ledger;
    let lives = 0;
    beforeAll(async () => {
      books = await createTestLedger(engine);
      ledger = books.ledger;
    });
    afterAll(() => books?.remove());

    const round = async (death: Death) => {
      const life = await liveAndDie(books.fixture.location, `life-${lives++}`, death);
      await expectRemembered(life);
      await expectOnce(life);
      await ledger.sweep();
    };

    /** Every acknowledged step is in the journal. */
    const expectRemembered = async ({ acknowledged }: Life) => {
      const journal = new KeyedStatement(engine, "select id, step from ledger_journal where id in");
      const results = await books.fixture.storage.batch(journal.statements(acknowledged.map(({ id }) => id)));
      const known = new Set(results.flatMap(({ rows }) => rows).map(({ id, step }) => `${step} ${id}`));
      expect(acknowledged.filter(({ step, id }) => !known.has(`${step} ${id}`))).toEqual([]);
    };

    /** What was asked for and not acknowledged is asked for again, ten times at once: it happens once, or had happened. */
    const expectOnce = async ({ tried }: Life) => {
      const keys = tried.slice(-8);
      const again = (key: string) => ledger.post({ posting: topup({ account: "wallet", amount: 10n }), key });
      await Promise.all(keys.flatMap((key) => Array.from({ length: 10 }, () => again(key))));
      const journal = new KeyedStatement(engine, "select key from ledger_journal where key in");
      const results = await books.fixture.storage.batch(journal.statements(keys));
      const found = results.flatMap(({ rows }) => rows).map(({ key }) => key);
      expect(found.sort()).toEqual([...keys].sort());
    };

    test.each(failPoints.flatMap((failPoint) => passages.map((passage) => [failPoint, passage] as const)))(
      "at %s, passage %i",
      (failPoint, passage) => round({ failPoint, passage }),
    );

    test(`${rounds} times at any moment`, async () => {
      for (let n = 0; n < rounds; n++) await round({ afterMs: Math.floor(random.fraction() * 60) });
    }, 3_600_000);

    test("verification in the background, killed as often, goes on where it was and finds nothing wrong", async () => {
      const { storage } = books.fixture;
      // Long enough to verify something.
      for (let n = 0; n < 3; n++) await round({ afterMs: 300 + Math.floor(random.fraction() * 200) });
      const found = await storage.db.selectFrom("ledger_checkpoints").selectAll().orderBy("name").execute();
      expect(found.map(({ name, problems }) => [name, problems])).toEqual([
        ["all", "[]"],
        ["new", "[]"],
      ]);
      const store = new CheckpointStore(storage, "new");
      const { place } = await store.load();
      expect(place.seq).toBeGreaterThan(0n);
      const walk = await CheckpointedWalk.open({
        ...{ books: new SqlBooks(storage), store, breathe: async () => {}, now: () => ledger.elapsed },
      });
      while (await walk.advance(100));
      expect(walk.problems).toEqual([]);
      const head = await new SqlBooks(storage).head();
      expect((await store.load()).place.hash).toBe(head.hash);
    });

    test("after all these lives the books verify, and what they left held is freed at its deadline", async () => {
      const report = await ledger.verify();
      expect(report).toMatchObject({ ok: true, problems: [] });
      expect(report.rows).toBeGreaterThan(BigInt(rounds));
      const { posted, held } = await ledger.queries.balance("wallet");
      expect(posted).toBeGreaterThan(held);
      await ledger.close();
      let skippedMs = 0;
      const skipping = { ...systemClock, monotonic: () => performance.now() + skippedMs };
      const successor = await books.open({ clock: skipping });
      skippedMs = 120_000;
      while ((await successor.queries.openHolds("wallet")).length > 0) await successor.sweep();
      expect(await successor.queries.balance("wallet")).toMatchObject({ posted, held: 0n });
      expect(await successor.verify()).toMatchObject({ ok: true, openHolds: 0 });
    });
  });
}
