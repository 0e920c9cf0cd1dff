import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { sqliteFile } from "../storage/index.ts";
import { createTestStorage } from "../storage/testing/index.ts";
import { Ledger, payment, topup } from "./index.ts";

test("the check in docs/ledger.md accepts sound books and finds a changed row", async () => {
  const page = readFileSync(new URL("../../../../docs/ledger.md", import.meta.url), "utf8");
  const script = /```js\n([\s\S]+?)```/.exec(page)![1]!;
  const fixture = await createTestStorage("sqlite");
  try {
    const { storage, location } = fixture;
    const ledger = await Ledger.open({ storage, clock: systemClock, random: systemRandom, log: silentLog });
    await ledger.post({ posting: topup({ account: "payer", amount: 100n }) });
    const { hold } = await ledger.reserve({ account: "payer", amount: 50n, type: "task", lifetimeMs: 60_000 });
    const posting = payment({ type: "task", payer: "payer", receiver: "owner", amount: 50n, fee: 2n });
    await ledger.settle(hold.id, { posting });

    const file = join(location.dataDirectory, "check-chain.mjs");
    writeFileSync(file, script);
    const check = () => promisify(execFile)(process.execPath, [file, sqliteFile(location.dataDirectory)]);
    const { head } = await ledger.verify();
    expect((await check()).stdout).toBe(`3 rows, head ${head.hash}\n`);
    await sql`update ledger_entries set amount = amount + 1 where seq = 3 and account = 'owner'`.execute(storage.db);
    await expect(check()).rejects.toThrow(/row 3 was changed/);
    await ledger.close();
  } finally {
    await fixture.remove();
  }
});
