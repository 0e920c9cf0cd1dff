import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byGateway } from "../audit/index.ts";
import { auditLogIn } from "../audit/testing/index.ts";
import { keysIn } from "../keys/testing/index.ts";
import { Ledger, topup } from "../ledger/index.ts";
import { OrgRegistry, Principals } from "../orgs/index.ts";
import { createTimestamps, ManualClock, silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { testWebhooks } from "../webhooks/testing/index.ts";
import { OrphanedWallets } from "./orphaned-wallets.ts";

describe.each(testEngines())("wallets of deleted organizations on %s", (engine) => {
  let database: TestStorage;
  beforeAll(async () => {
    database = await createTestStorage(engine);
  });
  afterAll(() => database.remove());

  test("what is in them is written off soon after a deletion; living wallets are left alone", async () => {
    const { storage } = database;
    const clock = new ManualClock();
    const common = { storage, random: systemRandom, timestamps: createTimestamps(systemClock) };
    const auditLog = auditLogIn(storage);
    const told = { webhooks: testWebhooks(storage), auditLog, balancesOf: async () => new Map() };
    const orgs = new OrgRegistry({
      ...common,
      ...told,
      principals: new Principals(storage, "none", keysIn(storage, clock)),
      selfService: true,
    });
    const ledger = await Ledger.open({ storage, clock: systemClock, random: systemRandom, log: silentLog });
    const orphans = new OrphanedWallets({ storage, ledger, auditLog, clock, log: silentLog });
    const fields = {
      api_key: null,
      cost_per_invocation: 0n,
      billing_alert_threshold: null,
      rate_limit: null,
      rate_burst: null,
      tier: "free",
    } as const;
    const living = (await orgs.create({ ...fields, name: "living" }, byGateway)).org.id;
    const deleted = (await orgs.create({ ...fields, name: "deleted" }, byGateway)).org.id;
    await orgs.remove(deleted, byGateway);
    for (const account of [living, deleted]) await ledger.post({ posting: topup({ account, amount: 5_000_000n }) });

    orphans.touch();
    clock.advance(5_000);
    await expect.poll(async () => (await ledger.queries.balance(deleted)).posted).toBe(0n);
    expect((await ledger.queries.balance(living)).posted).toBe(5_000_000n);
    expect(await ledger.verify()).toMatchObject({ ok: true });

    // A node that was not told of the deletion finds what comes later still, until it has looked often enough.
    const other = new OrphanedWallets({ storage, ledger, auditLog, clock, log: silentLog });
    await ledger.post({ posting: topup({ account: deleted, amount: 1_000_000n }) });
    await other.sweep();
    expect((await ledger.queries.balance(deleted)).posted).toBe(0n);
    await storage.db.updateTable("deleted_orgs").set({ looks: 2_016n }).execute();
    await other.sweep();
    expect(await storage.db.selectFrom("deleted_orgs").selectAll().execute()).toEqual([]);
    other.close();
    orphans.close();
    await ledger.close();
  });
});
