import { sql } from "kysely";
import { afterEach, describe, expect, test, vi } from "vitest";
import { openLeases } from "../../leases/index.ts";
import { silentLog, systemClock, systemRandom } from "../../runtime/index.ts";
import { testEngines } from "../../storage/testing/index.ts";
import { Ledger, payment, topup } from "../index.ts";
import { createTestLedger, type TestLedger } from "../testing/test-ledger.ts";
import { CheckpointStore } from "./checkpoints.ts";
import { SqlBooks } from "./sql-books.ts";
import { LedgerWatch, type Pace } from "./watch.ts";

const quick: Partial<Pace> = { rows: 7, rest: 0, restMsMin: 1, lookMs: 20, everyMicros: 86_400_000_000n };

describe.each(testEngines())("verification in the background on %s", (engine) => {
  let books: TestLedger;
  const watches: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(watches.splice(0).map((watch) => watch.close()));
    await books.remove();
  });

  /** A node of its own that verifies, and what it says. */
  async function watch(pace: Partial<Pace> = {}) {
    const storage = await books.fixture.open();
    const reads = vi.spyOn(storage.db, "selectFrom");
    const error = vi.fn();
    const log = { ...silentLog, error };
    const leases = openLeases({ storage, clock: systemClock, random: systemRandom, log: silentLog });
    const { audits } = books.ledger;
    const options = { storage, leases, clock: systemClock, log, audits, now: () => books.ledger.elapsed };
    const watch = new LedgerWatch({ ...options, pace: { ...quick, ...pace } });
    watch.start();
    const close = async () => {
      await watch.close();
      await leases.close();
    };
    watches.push({ close });
    const pages = () => reads.mock.calls.filter(([table]) => table === ("ledger_journal" as never)).length;
    return { watch, close, pages, error, problems: () => error.mock.calls.flatMap(([{ problems }]) => problems) };
  }
  const checkpoint = (name: "new" | "all") => new CheckpointStore(books.fixture.storage, name).load();
  const atHead = async (name: "new" | "all") => {
    const { seq } = await books.fixture.storage.db.selectFrom("ledger_head").select("seq").executeTakeFirstOrThrow();
    await expect.poll(async () => (await checkpoint(name)).place.seq).toBe(seq);
  };
  const ended = () => expect.poll(async () => (await checkpoint("all")).endedAt).not.toBeNull();

  async function keepBooks(count: number): Promise<void> {
    const { ledger } = books;
    await ledger.post({ posting: topup({ account: "payer", amount: 1_000_000n }) });
    for (let n = 0; n < count; n++) {
      const { hold } = await ledger.reserve({ account: "payer", amount: 100n, type: "task", lifetimeMs: 60_000 });
      const posting = payment({ type: "task", payer: "payer", receiver: "owner", amount: 100n, fee: 3n });
      if (n % 5 === 0) continue;
      if (n % 5 === 1) await ledger.release(hold.id);
      else await ledger.settle(hold.id, { posting });
    }
  }
  const tamper = (row: number) =>
    sql`update ledger_journal set reference = '{"x":"y"}' where seq = ${row}`.execute(books.fixture.storage.db);

  test("a start reads what came since the checkpoint, and finds nothing wrong with sound books", async () => {
    books = await createTestLedger(engine);
    await keepBooks(60);
    const first = await watch();
    await atHead("new");
    await ended();
    await first.close();
    const { place } = await checkpoint("new");
    await keepBooks(10);
    const reading = vi.spyOn(SqlBooks.prototype, "page");
    const next = await watch();
    await atHead("new");
    await next.close();
    expect([first.problems(), next.problems()]).toEqual([[], []]);
    expect(first.pages()).toBeGreaterThan(15);
    // The last row that was verified is looked at once more.
    const firstRead = reading.mock.calls.map(([after]) => after + 1n).sort((a, b) => (a < b ? -1 : 1))[0];
    expect(firstRead).toBe(place.seq);
    reading.mockRestore();
    expect((await checkpoint("new")).held).toBe((await books.ledger.queries.balance("payer")).held);
  });

  test("what is tampered with after the checkpoint is found by the next start", async () => {
    books = await createTestLedger(engine);
    await keepBooks(20);
    const first = await watch();
    await atHead("new");
    await ended();
    await first.close();
    const { place } = await checkpoint("new");
    await keepBooks(10);
    await tamper(Number(place.seq) + 9);
    const next = await watch();
    await expect.poll(next.problems).toMatchObject([{ row: `${place.seq + 9n}` }]);
    await atHead("new");
    await next.close();
    // It is said again by whoever takes it up, although it is behind the checkpoint now.
    const later = await watch();
    await expect.poll(later.problems).toMatchObject([{ row: `${place.seq + 9n}` }]);
    expect(later.watch.problems).toBe(1);
  });

  test("what is tampered with before it is found by verifying all, which no checkpoint shortens, and in time by the watch", async () => {
    books = await createTestLedger(engine);
    await keepBooks(20);
    const first = await watch();
    await atHead("new");
    await ended();
    await first.close();
    await tamper(5);
    await keepBooks(3);
    const next = await watch();
    await atHead("new");
    await next.close();
    expect(next.problems()).toEqual([]);
    expect((await books.ledger.verify()).problems).toMatchObject([{ row: 5n }]);
    expect((await Ledger.verify(books.fixture.storage)).problems).toMatchObject([{ row: 5n }]);
    const later = await watch({ everyMicros: 0n });
    await expect.poll(() => later.problems()[0]).toMatchObject({ row: "5" });
  });

  test.each([
    ["balances", "update ledger_accounts set posted = posted + 1 where id = 'payer'", { account: "payer" }],
    ["holds", "update ledger_holds set amount = amount + 1", { account: "payer" }],
    ["a missing hold", "delete from ledger_holds", { account: "payer" }],
  ])("%s that are not what the journal says are found by the walk through all", async (_, tampering, problem) => {
    books = await createTestLedger(engine);
    await keepBooks(6);
    await sql.raw(tampering).execute(books.fixture.storage.db);
    const { problems } = await watch();
    await expect.poll(() => problems()[0]).toMatchObject(problem);
  });

  test("rows that were cut off or written anew up to the checkpoint are noticed, and all is walked anew", async () => {
    books = await createTestLedger(engine);
    await keepBooks(20);
    const first = await watch();
    await atHead("new");
    await ended();
    await first.close();
    const { seq } = (await checkpoint("new")).place;
    const { db } = books.fixture.storage;
    // As whoever can write the database might: the last rows are gone, and all that is derived agrees with it.
    await sql`delete from ledger_entries where seq > 1`.execute(db);
    await sql`delete from ledger_journal where seq > 1`.execute(db);
    await sql`delete from ledger_holds`.execute(db);
    await sql`delete from ledger_accounts where id not in ('payer', 'world')`.execute(db);
    await sql`update ledger_accounts set posted = case id when 'payer' then 1000000 else -1000000 end, held = 0`.execute(
      db,
    );
    await sql`
      update ledger_head set seq = 1, held = 0, reserved = 0,
        hash = (select hash from ledger_journal), created_at = (select created_at from ledger_journal)
    `.execute(db);
    expect(await Ledger.verify(books.fixture.storage)).toMatchObject({ ok: true });
    const next = await watch();
    await expect.poll(next.problems).toMatchObject([{ row: `${seq}`, message: expect.stringContaining("cut off") }]);
    await expect.poll(async () => (await checkpoint("new")).place.seq).toBe(1n);
  });

  test("of two nodes one walks; when it stops, the other goes on where it was", async () => {
    books = await createTestLedger(engine);
    await keepBooks(100);
    const [one, other] = [await watch({ restMsMin: 10 }), await watch({ restMsMin: 10 })];
    await expect.poll(async () => (await checkpoint("new")).place.seq).toBeGreaterThan(30n);
    const [walking, waiting] = one.pages() > 0 ? [one, other] : [other, one];
    expect(waiting.pages()).toBe(0);
    await walking.close();
    const { place } = await checkpoint("new");
    expect(place.seq).toBeLessThan(181n);
    await atHead("new");
    await ended();
    expect(waiting.pages()).toBeGreaterThan(0);
    expect([one.problems(), other.problems()]).toEqual([[], []]);
  });
});
