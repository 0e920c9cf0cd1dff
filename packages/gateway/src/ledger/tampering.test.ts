import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ManualClock, SeededRandom, silentLog } from "../runtime/index.ts";
import { openStorage, type Storage } from "../storage/index.ts";
import { createDatabase, createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { Ledger, payment, topup } from "./index.ts";

/** Fills the books with every kind of row; the journal's task rows carry `marker-<n>`. */
async function keepBooks(storage: Storage, clock: ManualClock): Promise<void> {
  const ledger = await Ledger.open({ storage, clock, random: new SeededRandom(1), log: silentLog });
  await ledger.post({ posting: topup({ account: "payer", amount: 1_000_000n }) });
  for (let n = 0; n < 40; n++) {
    const { hold } = await ledger.reserve({ account: "payer", amount: 1_000n, type: "task", lifetimeMs: 7_000 });
    const reference = { task_id: `marker-${n}-` };
    const posting = payment({ type: "task", payer: "payer", receiver: "owner", amount: 1_000n, fee: 30n, reference });
    if (n % 4 === 0) await ledger.release(hold.id);
    else if (n % 4 !== 1 || n > 30) await ledger.settle(hold.id, { posting });
    clock.advance(500);
  }
  await ledger.close();
}

const dump = async (storage: Storage) => {
  const sorted = (rows: readonly object[]) =>
    rows.map((row) => JSON.stringify(row, (_, value) => (typeof value === "bigint" ? `${value}n` : value))).sort();
  return Promise.all(tables.map(async (table) => sorted(await storage.db.selectFrom(table).selectAll().execute())));
};

const tables = ["ledger_journal", "ledger_entries", "ledger_accounts", "ledger_holds", "ledger_head"] as const;

describe.each(testEngines())("tampering through SQL on %s", (engine) => {
  const clock = new ManualClock();
  let fixture: TestStorage;
  const execute = async (...texts: string[]) => {
    for (const text of texts) await sql.raw(text).execute(fixture.storage.db);
  };
  beforeAll(async () => {
    fixture = await createTestStorage(engine, { clock });
    await keepBooks(fixture.storage, clock);
    await execute(...tables.map((table) => `create table sound_${table} as select * from ${table}`));
  });
  afterEach(() =>
    execute(
      ...tables.toReversed().map((table) => `delete from ${table}`),
      ...tables.map((table) => `insert into ${table} select * from sound_${table}`),
    ),
  );
  afterAll(() => fixture?.remove());

  const verifyAfter = async (...tampering: string[]) => {
    await execute(...tampering);
    return Ledger.verify(fixture.storage);
  };

  test("untouched books verify", async () => {
    expect(await verifyAfter()).toMatchObject({ ok: true, problems: [] });
  });

  test.each([
    "id = 'x'",
    "step = 'post'",
    "key = 'x'",
    "fingerprint = 'x'",
    "type = 'gift'",
    "account = 'owner'",
    "payer = 'someone'",
    "receiver = null",
    "amount = amount + 1",
    "fee = fee + 1",
    "expires_at = 1",
    "reference = '{}'",
    "created_at = created_at + 1",
    "elapsed = elapsed + 1",
    "elapsed = null",
    "hash = upper(hash)",
  ])("a journal row with %s is named", async (change) => {
    const report = await verifyAfter(`update ledger_journal set ${change} where seq = 20`);
    expect(report.problems[0]).toMatchObject({ row: 20n });
  });

  test.each([
    [
      "an entry's amount",
      "update ledger_entries set amount = amount - 1 where seq = 20 and account = 'payer'",
      { row: 20n },
    ],
    ["an entry's balance", "update ledger_entries set balance = 0 where seq = 20 and account = 'payer'", { row: 20n }],
    ["an entry's time", "update ledger_entries set created_at = 0 where seq = 20 and account = 'payer'", { row: 20n }],
    ["a deleted entry", "delete from ledger_entries where seq = 20 and account = 'owner'", { row: 20n }],
    ["a balance", "update ledger_accounts set posted = posted + 1 where id = 'payer'", { account: "payer" }],
    ["held money", "update ledger_accounts set held = held + 1 where id = 'payer'", { account: "payer" }],
    [
      "a made-up account",
      "insert into ledger_accounts (id, posted, held) values ('thief', 5, 0)",
      { account: "thief" },
    ],
    ["the head", "update ledger_head set seq = seq - 1", {}],
    ["the head's sum of what is posted", "update ledger_head set posted = 1", {}],
    ["the head's sum of what is held", "update ledger_head set held = held + 1", {}],
    ["the head's sum of open holds", "update ledger_head set reserved = reserved + 1", {}],
  ])("%s is noticed", async (_, tampering, problem) => {
    const report = await verifyAfter(tampering);
    expect(report.ok).toBe(false);
    expect(report.problems[0]).toMatchObject(problem);
  });

  test("a missing row is named by the one behind it, a missing last one by the head", async () => {
    const remove = (row: string) => [
      `delete from ledger_entries where seq = ${row}`,
      `delete from ledger_journal where seq = ${row}`,
    ];
    expect((await verifyAfter(...remove("20"))).problems[0]).toMatchObject({
      row: 21n,
      message: expect.stringContaining("rows are missing"),
    });
    const cut = await verifyAfter(...remove("(select max(seq) from ledger_journal)"));
    expect(cut.ok).toBe(false);
  });
});

describe("a flipped byte in the SQLite file", () => {
  const clock = new ManualClock();
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let file: string;
  let sound: Buffer;
  let soundDump: string[][];
  const open = () => openStorage({ ...database.location, clock, log: silentLog });
  beforeAll(async () => {
    database = await createDatabase("sqlite");
    file = join(database.location.dataDirectory, "agentgate.db");
    const storage = await open();
    await keepBooks(storage, clock);
    soundDump = await dump(storage);
    await storage.close();
    sound = readFileSync(file);
  });
  afterAll(() => database.remove());

  const flip = (offset: number, bit = 1) => {
    const bytes = Buffer.from(sound);
    bytes[offset]! ^= bit;
    writeFileSync(file, bytes);
  };

  test("in a journal row makes verify name that row", async () => {
    for (const marker of ["marker-6-", "marker-22-", "marker-39-"]) {
      flip(sound.lastIndexOf(marker) + 2);
      const storage = await open();
      const changed = await storage.db
        .selectFrom("ledger_journal")
        .select("seq")
        .where("reference", "like", "%task_id%");
      const rows = await changed.where("reference", "not like", "%marker-%").execute();
      const report = await Ledger.verify(storage);
      expect(rows).toHaveLength(1);
      expect(report.problems).toEqual([{ row: rows[0]!.seq, message: expect.stringContaining("hash does not match") }]);
      await storage.close();
    }
  });

  test("anywhere is noticed, unless everything can still be read as it was", async () => {
    const random = new SeededRandom(Number(process.env.AGENTGATE_SEED ?? 7));
    const seen = { noticed: 0, harmless: 0 };
    for (let n = 0; n < 25; n++) {
      let offset = Math.floor(random.fraction() * sound.length);
      // Most of a page is room for more, where a flipped bit is part of nothing.
      while (sound[offset] === 0) offset = (offset + 1) % sound.length;
      flip(offset, 1 << Math.floor(random.fraction() * 8));
      const noticed = await isNoticed(offset);
      seen[noticed ? "noticed" : "harmless"]++;
    }
    expect(seen.noticed).toBeGreaterThan(0);
  });

  const isNoticed = async (offset: number): Promise<boolean> => {
    const storage = await open().catch(() => undefined);
    if (!storage) return true;
    try {
      if (!(await Ledger.verify(storage)).ok) return true;
      expect(await dump(storage), `byte ${offset}`).toEqual(soundDump);
      return false;
    } finally {
      await storage.close();
    }
  };
});
