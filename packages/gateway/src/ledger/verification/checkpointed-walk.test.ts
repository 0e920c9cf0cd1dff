import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SeededRandom } from "../../runtime/index.ts";
import { testEngines } from "../../storage/testing/index.ts";
import { payment, topup } from "../index.ts";
import { createTestLedger, type TestLedger } from "../testing/test-ledger.ts";
import { accounts, leftOpen, openHolds } from "./audits.ts";
import { CheckpointedWalk, OvertakenError } from "./checkpointed-walk.ts";
import { CheckpointStore } from "./checkpoints.ts";
import { SqlBooks } from "./sql-books.ts";

describe.each(testEngines())("a walk in slices on %s", (engine) => {
  const random = new SeededRandom(Number(process.env.AGENTGATE_SEED ?? 3));
  const below = (limit: number) => Math.floor(random.fraction() * limit);
  let books: TestLedger;
  beforeAll(async () => {
    books = await createTestLedger(engine);
    const { ledger } = books;
    for (const account of ["a", "b"]) await ledger.post({ posting: topup({ account, amount: 100_000n }) });
    const open: { id: string; account: string }[] = [];
    for (let n = 0; n < 300; n++) {
      const account = random.fraction() < 0.5 ? "a" : "b";
      if (open.length < 5 || random.fraction() < 0.55) {
        const { hold } = await ledger.reserve({ account, amount: 10n, type: "task", lifetimeMs: 600_000 });
        open.push({ id: hold.id, account });
        continue;
      }
      const [hold] = open.splice(below(open.length), 1);
      const posting = payment({ type: "task", payer: hold!.account, receiver: "owner", amount: 9n, fee: 1n });
      if (random.fraction() < 0.3) await ledger.release(hold!.id);
      else await ledger.settle(hold!.id, { posting });
    }
  });
  afterAll(() => books.remove());

  const open = (name: string) => {
    const sqlBooks = new SqlBooks(books.fixture.storage);
    return CheckpointedWalk.open({
      books: sqlBooks,
      store: new CheckpointStore(books.fixture.storage, name),
      auditsOf: (holds) => [accounts(sqlBooks), leftOpen(sqlBooks, holds), openHolds(sqlBooks)],
      breathe: async () => {},
      now: () => 77n,
    });
  };

  test("goes on where it was last saved, however often it dies between slices", async () => {
    let lives = 0;
    for (; lives < 2_000; lives++) {
      const walk = await open("dying");
      let isMore = true;
      // It dies with what it did since it was saved last.
      for (let slices = below(30); slices > 0 && isMore; slices--) isMore = await walk.advance(1 + below(9));
      if (random.fraction() < 0.3 && isMore) await walk.save();
      if (!isMore) break;
    }
    expect(lives).toBeGreaterThan(3);
    const ended = await open("dying");
    expect([ended.endedAt, ended.problems]).toEqual([77n, []]);
    const { held, place } = await new CheckpointStore(books.fixture.storage, "dying").load();
    const { db } = books.fixture.storage;
    const head = await db.selectFrom("ledger_head").selectAll().executeTakeFirstOrThrow();
    expect({ held, seq: place.seq, hash: place.hash }).toEqual({ held: head.reserved, seq: head.seq, hash: head.hash });
    const ids = async (query: { execute(): Promise<{ id: string }[]> }) => (await query.execute()).map(({ id }) => id);
    const kept = db.selectFrom("ledger_checkpoint_holds").select("id").where("checkpoint", "=", "dying").orderBy("id");
    expect(await ids(kept)).toEqual(await ids(db.selectFrom("ledger_holds").select("id").orderBy("id")));
    expect(head.reserved).toBeGreaterThan(0n);
  });

  test("of two that go on from one place, the second learns of it and saves nothing", async () => {
    const [one, other] = [await open("shared"), await open("shared")];
    for (let n = 0; n < 3; n++) await one.advance(5);
    await one.save();
    const { place } = await new CheckpointStore(books.fixture.storage, "shared").load();
    await expect(other.save()).rejects.toThrow(OvertakenError);
    expect((await new CheckpointStore(books.fixture.storage, "shared").load()).place).toEqual(place);
  });
});
