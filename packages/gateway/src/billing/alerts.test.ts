import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { byGateway } from "../audit/index.ts";
import { auditLogIn } from "../audit/testing/index.ts";
import { CallLog, CallLogStore } from "../call-log/index.ts";
import { callEntry } from "../call-log/testing/index.ts";
import { keysIn } from "../keys/testing/index.ts";
import { OrgRegistry, Principals } from "../orgs/index.ts";
import { createTimestamps, ManualClock, silentLog, systemRandom } from "../runtime/index.ts";
import { createTestStorage, type TestStorage } from "../storage/testing/index.ts";
import { testWebhooks } from "../webhooks/testing/index.ts";
import { BillingAlerts } from "./alerts.ts";

let database: TestStorage;
beforeAll(async () => {
  database = await createTestStorage("sqlite");
});
afterAll(() => database.remove());

test("reaching the threshold leaves one event, however many nodes look; a new threshold may go off again", async () => {
  const { storage } = database;
  const clock = new ManualClock();
  const timestamps = createTimestamps(clock);
  const common = { storage, random: systemRandom, timestamps };
  const webhooks = testWebhooks(storage, clock);
  const { announcer } = webhooks;
  const told = { webhooks, auditLog: auditLogIn(storage), balancesOf: async () => new Map() };
  const orgs = new OrgRegistry({
    ...common,
    ...told,
    principals: new Principals(storage, "none", keysIn(storage, clock)),
    selfService: true,
  });
  const callLogStore = new CallLogStore(storage, announcer);
  const callLog = new CallLog({ write: (entries) => callLogStore.write(entries), clock, log: silentLog });
  const node = () => new BillingAlerts({ ...common, announcer, orgs, callLog, callLogStore, clock, log: silentLog });
  const nodes = [node(), node()];

  const { org } = await orgs.create(
    {
      name: "acme",
      api_key: null,
      cost_per_invocation: 10_000n,
      billing_alert_threshold: 20_000n,
      rate_limit: null,
      rate_burst: null,
      tier: "free",
    },
    byGateway,
  );
  await storage.db
    .insertInto("webhook_endpoints")
    .values({
      ...{ id: "e", org_id: org.id, agent_id: null, url: "http://receiver.test", events: "[]", description: "" },
      ...{ sealed: null, disabled_reason: null, failing_since: null, created_at: 1n, updated_at: 1n },
    })
    .execute();
  const call = () =>
    callLog.record(
      callEntry({ id: systemRandom.uuid(), agentId: "a", agentName: "a", orgId: org.id, createdAt: timestamps() }),
    );
  const look = async () => {
    for (const alerts of nodes) alerts.touch(org.id);
    await Promise.all(nodes.map((alerts) => alerts.check()));
    return events();
  };
  const events = async () =>
    (await storage.db.selectFrom("webhook_deliveries").selectAll().orderBy("created_at").execute())
      .filter(({ event }) => event === "billing.alert")
      .map(({ body }) => JSON.parse(body));

  await call();
  expect(await look()).toEqual([]);
  await call();
  const at = expect.stringMatching(/Z$/);
  const alert = {
    event: "billing.alert",
    at,
    org_id: org.id,
    org_name: "acme",
    total_cost: 0.02,
    alert_threshold: 0.02,
  };
  expect(await look()).toEqual([alert]);
  await call();
  const summing = vi.spyOn(callLogStore, "orgUsage");
  expect(await look()).toEqual([alert]);
  expect(summing).not.toHaveBeenCalled();
  await orgs.update(org.id, { billing_alert_threshold: 30_000n }, byGateway);
  for (const _ of nodes) summing.mockRejectedValueOnce(new Error("the database is away"));
  expect(await look()).toEqual([alert]);
  clock.advance(1_000);
  await expect.poll(events).toEqual([alert, { ...alert, total_cost: 0.03, alert_threshold: 0.03 }]);
});
