import { expect, test } from "vitest";
import { openLeases } from "../leases/index.ts";
import { openExplain, wholeReads } from "../ledger/testing/plans.ts";
import { createTimestamps, ManualClock, silentLog, systemRandom } from "../runtime/index.ts";
import { openStorage } from "../storage/index.ts";
import { createDatabase, testEngines } from "../storage/testing/index.ts";
import { AuditLog } from "./audit-log.ts";
import { ChainKeeper } from "./chain-keeper.ts";
import { AuditVerification, byGateway } from "./index.ts";
import { keptRows } from "./kept-rows.ts";
import { AuditReader } from "./reader.ts";

/** Read in the order of an index, and no further than the few rows that are asked for. */
const isBounded = (sql: string, line: string) => /\blimit\b/.test(sql) && /USING (COVERING )?INDEX/.test(line);
/** One row, and what waits for a second. */
const isSmall = (line: string) => /\b(?:audit_head|head|audit_pending|p)\b/.test(line);

test.each(testEngines())(
  "no statement of the audit log reads it from its beginning to its end on %s",
  async (engine) => {
    const database = await createDatabase(engine);
    const clock = new ManualClock();
    const seen = new Set<string>();
    const onStatement = ({ sql }: { sql: string }) => {
      for (const each of sql.split(";\n")) if (/\baudit_/.test(each)) seen.add(each);
    };
    await (await openStorage({ ...database.location, clock, log: silentLog })).close();
    const storage = await openStorage({ ...database.location, clock, log: silentLog, onStatement });
    const options = { storage, clock, log: silentLog, random: systemRandom };
    const log = new AuditLog({ ...options, timestamps: createTimestamps(clock), wake() {} });
    const change = { action: "a.b", orgId: "o", target: { kind: "a", id: "t" }, changes: [] };
    const fields = [{ field: "f", before: null, after: 1 }];
    const write = () =>
      storage.db.transaction().execute((trx) => log.rowIn(trx, byGateway, { ...change, changes: fields }));
    const keeper = new ChainKeeper({ ...options, leases: openLeases(options) });
    await write();
    await storage.batch(log.statementsFor(byGateway, { ...change, changes: fields }));
    await keeper.link();
    const reader = new AuditReader(storage);
    const some = { from: 0n, to: 10n ** 18n, requestId: "r" };
    for (const filter of [
      {},
      { orgId: "o" },
      { targetId: "t", action: "a." },
      { ...some, actor: "k" },
      { actorKind: "org" as const },
    ]) {
      const { entries } = await reader.page(filter, { before: undefined, limit: 1 });
      await reader.page(filter, { before: entries[0]?.id ?? "z", limit: 1 });
      for await (const _ of reader.all(filter, new AbortController().signal));
    }
    await new AuditVerification(storage).run();
    clock.advance(10_000);
    for await (const _ of keptRows(storage, log, 1).forget(clock.now()));
    await storage.close();

    const { explain, close } = await openExplain(engine, database.location, { isForced: true });
    const wrong: { sql: string; plan: string[] }[] = [];
    for (const sql of seen) {
      const plan = await explain(sql);
      if (wholeReads(plan).some((line) => !isBounded(sql, line) && !isSmall(line))) wrong.push({ sql, plan });
    }
    expect(seen.size).toBeGreaterThan(20);
    expect(wrong).toEqual([]);
    // It can tell.
    expect(wholeReads(await explain("select count(*) from audit_log where address = 'x'"))).toHaveLength(1);
    await close();
    await database.remove();
  },
);
