import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { silentLog, systemClock } from "../runtime/index.ts";
import { openStorage, type Storage } from "../storage/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { idsIn, type Misdeed, misdeeds, startReceiver, type TestReceiver } from "./testing/receiver.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** Between attempts, as Standard Webhooks has it. */
const WAITS_MS = [5, 300, 1_800].map((seconds) => seconds * SECOND).concat([2, 5, 10, 14, 20, 24].map((h) => h * HOUR));

describe.each(testEngines())("receivers that fail, on %s", (engine) => {
  let gate: TestGateway;
  let storage: Storage;
  let bell: string;
  let receiver: TestReceiver;
  let org: { id: string; key: string };
  let count = 0;
  const receivers: TestReceiver[] = [];
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    await gate.gateway.start();
    const { databaseUrl, dataDirectory } = gate.config;
    storage = await openStorage({ databaseUrl, dataDirectory, clock: systemClock, log: silentLog });
    const { id } = await gate.createOrg("bell");
    bell = (await gate.call("POST", "/webhooks/endpoints", { url: gate.url, org_id: id })).body.id;
  });
  afterEach(async () => {
    await Promise.all(receivers.splice(0).map((one) => one.close()));
  });
  afterAll(async () => {
    await storage.close();
    await gate.close();
  });

  async function subscribed(fields: object = {}, at?: TestReceiver) {
    receiver = at ?? (await startReceiver());
    receivers.push(receiver);
    org = await gate.createOrg(`org ${++count}`);
    const { body } = await gate.call("POST", "/webhooks/endpoints", { url: receiver.url, ...fields }, org.key);
    return body.id as string;
  }
  const get = async (path: string, key = org.key) => (await gate.call("GET", path, undefined, key)).body;
  const send = async (endpoint: string, key = org.key): Promise<string> =>
    (await gate.call("POST", `/webhooks/endpoints/${endpoint}/test`, undefined, key)).body.id;
  const delivery = (id: string) => get(`/webhooks/deliveries/${id}`);
  const tried = (id: string, times: number) =>
    expect.poll(async () => (await delivery(id)).attempts.length, { timeout: 60_000, interval: 20 }).toBe(times);
  /** Has what waits tried now, as if its time had come. */
  const hurry = (id: string) => gate.call("POST", `/webhooks/deliveries/${id}/resend`, undefined, org.key);
  const waitMs = ({ next_attempt_at: next, last_attempt: last }: any) => Date.parse(next) - Date.parse(last.at);

  /** Its time has come: the database's clock is the one that counts, and no test can put that forward. */
  async function due(id: string): Promise<void> {
    await storage.db.updateTable("webhook_deliveries").set({ due_at: 1n }).where("id", "=", id).execute();
    // Whatever else is to be told has the node look.
    await gate.call("POST", `/webhooks/endpoints/${bell}/test`);
  }

  test.each<[string, Misdeed, object]>([
    ["resets", misdeeds.resets, { status: null, response_head: null }],
    ["answers 500", misdeeds.status(500), { status: 500, response_head: "it is 500", error: "status 500" }],
    ["answers 404", misdeeds.status(404), { status: 404 }],
    [
      "redirects to a metadata address",
      misdeeds.redirects,
      { status: 302, error: "status 302: redirects are not followed" },
    ],
  ])("one that %s gets it again, under the same id", async (_, misdeed, noted) => {
    const endpoint = await subscribed();
    receiver.script = [misdeed];
    const id = await send(endpoint);
    await tried(id, 1);
    const after = await delivery(id);
    expect(after).toMatchObject({ status: "pending", attempt_count: 1, last_attempt: noted });
    expect(after.last_attempt.error).toEqual(expect.any(String));
    expect(waitMs(after)).toBeGreaterThan(4_000);
    expect(waitMs(after)).toBeLessThan(7_000);
    await hurry(id);
    await tried(id, 2);
    expect(await delivery(id)).toMatchObject({ status: "delivered", next_attempt_at: null });
    expect(idsIn(receiver)).toEqual([id, id]);
    const [first, second] = receiver.received;
    expect(second!.body).toBe(first!.body);
  });

  test("one that answers ten megabytes has it; how the answer began is kept", async () => {
    const endpoint = await subscribed();
    receiver.script = [misdeeds.answersAtLength];
    const id = await send(endpoint);
    await tried(id, 1);
    const { status, attempts } = await delivery(id);
    expect([status, attempts[0].response_head]).toEqual(["delivered", "x".repeat(1_024)]);
  });

  test("the waits are the schedule's, ten attempts long, and then it is given up", async () => {
    const endpoint = await subscribed();
    receiver.otherwise = misdeeds.status(500);
    const id = await send(endpoint);
    for (const [index, expected] of WAITS_MS.entries()) {
      await tried(id, index + 1);
      const shown = await delivery(id);
      expect([index, shown.status]).toEqual([index, "pending"]);
      // A tenth either way, and what the machine takes.
      expect(waitMs(shown)).toBeGreaterThan(expected * 0.9 - 1_000);
      expect(waitMs(shown)).toBeLessThan(expected * 1.1 + 3_000);
      await due(id);
    }
    await tried(id, WAITS_MS.length + 1);
    expect(await delivery(id)).toMatchObject({ status: "failed", next_attempt_at: null });
    expect(new Set(idsIn(receiver))).toEqual(new Set([id]));
    // Once more, it has the whole schedule before it.
    receiver.otherwise = misdeeds.status(204);
    await hurry(id);
    await expect.poll(async () => (await delivery(id)).status).toBe("delivered");
  });

  test("Retry-After is heeded, in seconds and as a date, and nothing else is tried meanwhile", async () => {
    const endpoint = await subscribed();
    const date = new Date(gate.clock.now() + 2 * HOUR).toUTCString();
    for (const [header, from, to] of [
      ["3600", 3_599, 3_602],
      [date, 7_195, 7_205],
    ] as const) {
      receiver.script = [misdeeds.status(429, { "retry-after": header })];
      const before = receiver.received.length;
      const id = await send(endpoint);
      await tried(id, 1);
      const wait = waitMs(await delivery(id)) / SECOND;
      expect(wait).toBeGreaterThan(from);
      expect(wait).toBeLessThan(to);
      await gate.call("POST", `/orgs/${org.id}/rotate-key`, undefined, org.key);
      await new Promise((resolve) => setTimeout(resolve, 200));
      const { entries } = await get("/webhooks/deliveries?event=key.rotated&limit=1");
      expect([receiver.received.length - before, entries[0].attempt_count]).toEqual([1, 0]);
      // Who asks for it gets it all the same.
      await hurry(entries[0].id);
      await expect.poll(async () => (await delivery(entries[0].id)).status).toBe("delivered");
      // The next one begins with another receiver, of which nothing is known.
      const next = await startReceiver();
      receivers.push(next);
      await gate.call("PUT", `/webhooks/endpoints/${endpoint}`, { url: next.url }, org.key);
      receiver = next;
    }
  });

  test("410 disables it, and says so, also to the organization's others; its owner enables it again", async () => {
    const endpoint = await subscribed({ events: ["task.failed"] });
    const watcher = await startReceiver();
    receivers.push(watcher);
    await gate.call("POST", "/webhooks/endpoints", { url: watcher.url, events: ["webhook.disabled"] }, org.key);
    receiver.script = [misdeeds.status(410)];
    const id = await send(endpoint);
    await tried(id, 1);
    const reason = "it answered 410: it wants no more";
    expect(await delivery(id)).toMatchObject({ status: "failed", next_attempt_at: null });
    expect(await get(`/webhooks/endpoints/${endpoint}`)).toMatchObject({ status: "disabled", disabled_reason: reason });
    await expect.poll(() => watcher.received.length).toBe(1);
    expect(JSON.parse(watcher.received[0]!.body)).toMatchObject({
      event: "webhook.disabled",
      org_id: org.id,
      endpoint_id: endpoint,
      reason,
    });
    const refused = await gate.call("POST", `/webhooks/endpoints/${endpoint}/test`, undefined, org.key);
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining(reason)]);
    expect((await hurry(id)).status).toBe(409);
    await gate.call("PUT", `/webhooks/endpoints/${endpoint}`, { status: "enabled" }, org.key);
    expect((await hurry(id)).status).toBe(202);
    await tried(id, 2);
    expect(await delivery(id)).toMatchObject({ status: "delivered" });
  });

  test("five days of failure disable it; one success begins anew", async () => {
    const endpoint = await subscribed();
    receiver.script = [misdeeds.status(500), misdeeds.status(204)];
    const id = await send(endpoint);
    const failingSince = async () => (await get(`/webhooks/endpoints/${endpoint}`)).failing_since;
    await expect.poll(failingSince).toEqual(expect.any(String));
    await hurry(id);
    await expect.poll(failingSince).toBeNull();
    receiver.otherwise = misdeeds.status(500);
    const other = await send(endpoint);
    await expect.poll(failingSince).toEqual(expect.any(String));
    gate.clock.skip(5 * 24 * HOUR - 60 * SECOND);
    await due(other);
    await tried(other, 2);
    expect((await get(`/webhooks/endpoints/${endpoint}`)).status).toBe("enabled");
    gate.clock.skip(120 * SECOND);
    await due(other);
    await tried(other, 3);
    await expect
      .poll(() => get(`/webhooks/endpoints/${endpoint}`))
      .toMatchObject({
        status: "disabled",
        disabled_reason: "nothing was delivered for five days; the last attempt: status 500",
      });
  });

  test.each(["hangs", "drips"] as const)("one that %s delays nobody else's", async (way) => {
    const endpoint = await subscribed();
    receiver.otherwise = misdeeds[way];
    for (let n = 0; n < 12; n++) await send(endpoint);
    const owner = org;
    await expect.poll(() => receiver.received.length).toBeGreaterThan(3);
    // Another receiver of the same organization, and another organization's at the receiver that hangs.
    const good = await startReceiver();
    receivers.push(good);
    const { body } = await gate.call("POST", "/webhooks/endpoints", { url: good.url }, owner.key);
    // Whoever waited for one that hangs would wait for its whole time, 15 s.
    for (let n = 0; n < 5; n++) await send(body.id, owner.key);
    await expect.poll(() => good.received.length, { interval: 10, timeout: 12_000 }).toBe(5);
    const hung = receiver;
    const neighbour = await subscribed();
    await send(neighbour);
    await expect.poll(() => receiver.received.length, { interval: 10, timeout: 12_000 }).toBe(1);
    // Of the twelve, six have a place.
    expect(hung.received.length).toBeLessThanOrEqual(6);
    await gate.call("DELETE", `/webhooks/endpoints/${endpoint}`, undefined, owner.key);
  });
});
