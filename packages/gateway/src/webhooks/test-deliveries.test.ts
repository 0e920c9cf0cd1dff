import { expect, test } from "vitest";
import { createSealer, createTimestamps, silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { createTestStorage, testEngines } from "../storage/testing/index.ts";
import { Announcer } from "./announcer.ts";
import { Backlog } from "./backlog.ts";
import { DeliveryStore } from "./delivery-store.ts";
import { EndpointStore } from "./endpoint-store.ts";
import { TestDeliveries } from "./test-deliveries.ts";

const receiver = {
  ...{
    id: crypto.randomUUID(),
    orgId: crypto.randomUUID(),
    agentId: null,
    url: "https://receiver.example/",
    receiver: "receiver.example:443",
  },
  ...{ events: [], description: "", secrets: [], disabledReason: null, failingSince: null },
  ...{ createdAt: 0n, updatedAt: 0n },
};

test.each(testEngines())(
  "tests take the room of what waits, and are refused where there is none, on %s",
  async (engine) => {
    const base = await createTestStorage(engine);
    const { storage } = base;
    const own = { storage, clock: systemClock, random: systemRandom, log: silentLog, wake: () => {} };
    const limits = { owner: { messages: 2, bytes: 10_000 }, all: { messages: 100, bytes: 10_000 } };
    const backlog = new Backlog({ ...own, store: new DeliveryStore(storage, systemClock), limits });
    const endpoints = new EndpointStore({ ...own, sealer: createSealer("secret", systemRandom) });
    const announcer = new Announcer({ ...own, endpoints, backlog, timestamps: createTimestamps(systemClock) });
    const tests = new TestDeliveries({ ...own, announcer, hurry: () => {} });
    const sent = [];
    // The first is counted while its owner is looked at, and may be counted twice or not at all.
    for (let more = 6; more > 0; more--) sent.push(...(await Promise.allSettled([tests.send(receiver)])));
    const refused = sent.filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(refused[0]).toMatchObject({ reason: { status: 429, code: "too_many_waiting" } });
    await tests.send({ ...receiver, id: crypto.randomUUID(), orgId: crypto.randomUUID() });
    const written = await storage.db.selectFrom("webhook_deliveries").select("id").execute();
    expect(written).toHaveLength(sent.length - refused.length + 1);
    backlog.close();
    await base.remove();
  },
);
