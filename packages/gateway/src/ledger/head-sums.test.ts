import { sql } from "kysely";
import { afterEach, expect, test } from "vitest";
import { silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { Ledger, payment, topup } from "./index.ts";
import { createTestLedger, type TestLedger } from "./testing/test-ledger.ts";

let books: TestLedger;
afterEach(() => books.remove());

test.each(testEngines())(
  "the head sums up what all accounts and open holds have on %s, and a start looks there",
  async (engine) => {
    books = await createTestLedger(engine);
    const { ledger, fixture } = books;
    const { storage } = fixture;
    await ledger.post({ posting: topup({ account: "a", amount: 1_000n }) });
    const reserve = () => ledger.reserve({ account: "a", amount: 10n, type: "task", lifetimeMs: 60_000 });
    const holds = await Promise.all(Array.from({ length: 5 }, reserve));
    const posting = payment({ type: "task", payer: "a", receiver: "b", amount: 7n, fee: 1n });
    await ledger.settle(holds[0]!.hold.id, { posting });
    await ledger.release(holds[1]!.hold.id);
    const sums = storage.db.selectFrom("ledger_head").select(["posted", "held", "reserved"]);
    expect(await sums.execute()).toEqual([{ posted: 0n, held: 30n, reserved: 30n }]);
    expect(await ledger.verify()).toMatchObject({ ok: true });

    const start = () => Ledger.open({ storage, clock: systemClock, random: systemRandom, log: silentLog });
    await sql`update ledger_head set posted = 5`.execute(storage.db);
    await expect(start()).rejects.toThrow("the ledger's books are broken (all accounts sum to 5, not 0)");
    await sql`update ledger_head set posted = 0, held = 29`.execute(storage.db);
    await expect(start()).rejects.toThrow("29 is held, but the open holds sum to 30");
  },
);
