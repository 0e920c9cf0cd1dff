import { createHmac } from "node:crypto";
import { verifyWebhook } from "@agentgate/client/webhooks";
import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { silentLog, systemClock } from "../runtime/index.ts";
import { openStorage } from "../storage/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";
import { misdeeds, type Received, startReceiver, type TestReceiver } from "./testing/receiver.ts";

const HOUR_MS = 3_600_000;
const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

describe.each(testEngines())("webhooks on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let count = 0;
  const receivers: TestReceiver[] = [];
  beforeAll(async () => {
    gate = await startTestGateway(engine, { topup: "open" });
    await gate.gateway.start();
    agent = await startAgent((task, response) => {
      response.writeHead(task.path.includes("fails") ? 500 : 200, { "content-type": "application/json" });
      response.end('{"status":{"state":"completed"}}');
    });
  });
  afterEach(async () => {
    await Promise.all(receivers.splice(0).map((one) => one.close()));
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const receive = async () => {
    const receiver = await startReceiver();
    receivers.push(receiver);
    return receiver;
  };
  const organization = () => gate.createOrg(`org ${++count}`, { rate_limit: 1e6, rate_burst: 1e6, tier: "enterprise" });
  const subscribe = async (url: string, key: string, fields: object = {}) =>
    (await gate.call("POST", "/webhooks/endpoints", { url, ...fields }, key)).body;
  const call = (id: string, key?: string | null, taskId = "task-7") =>
    gate.call("POST", `/agents/${id}/task`, textTask("x", taskId), key);
  const told = ({ received }: TestReceiver, event?: string) =>
    received.map(({ body }) => JSON.parse(body)).filter((one) => event === undefined || one.event === event);
  const came = (receiver: TestReceiver, many: number, event?: string) =>
    expect.poll(() => told(receiver, event).length, { interval: 20 }).toBe(many);
  /** Both libraries that receivers use, and our own. */
  async function verify({ body, headers }: Received, secret: string): Promise<void> {
    const plain = headers as Record<string, string>;
    new Webhook(secret).verify(body, plain);
    const svix = {
      "svix-id": plain["webhook-id"]!,
      "svix-timestamp": plain["webhook-timestamp"]!,
      "svix-signature": plain["webhook-signature"]!,
    };
    for (const given of [plain, svix]) new SvixWebhook(secret).verify(body, given);
    expect(await verifyWebhook(body, headers, secret)).toEqual(JSON.parse(body));
  }

  test("a completed task of an agent with a webhook_url is told, signed with the secret that was shown once", async () => {
    const receiver = await receive();
    const registered = await gate.register({ name: "told", url: agent.url, webhook_url: `${receiver.url}/hook` });
    const secret: string = registered.webhook_secret;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect((await gate.call("GET", `/agents/${registered.id}`)).body).not.toHaveProperty("webhook_secret");
    expect((await call(registered.id)).status).toBe(200);
    await came(receiver, 1);
    const [one] = receiver.received;
    expect(one!.path).toBe("/hook");
    expect(JSON.parse(one!.body)).toEqual({
      event: "task.completed",
      at,
      org_id: null,
      agent_id: registered.id,
      agent_name: "told",
      task_id: "task-7",
      latency_ms: expect.any(Number),
      price: 0,
      transaction_id: null,
    });
    await verify(one!, secret);
    const { headers, body } = one!;
    const seconds = headers["x-agentgate-timestamp"];
    const hex = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
    expect(headers["x-agentgate-signature"]).toBe(hex);
    // Of a URL that is taken away, nothing is told any more; that it fails is not for the agent's own receiver.
    await gate.call("PUT", `/agents/${registered.id}`, { url: `${agent.url}/fails` });
    expect((await call(registered.id)).status).toBe(502);
    await gate.call("PUT", `/agents/${registered.id}`, { url: agent.url, webhook_url: "" });
    await call(registered.id);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(receiver.received).toHaveLength(1);
  });

  test("a paid task is told with its price and transaction, to the agent's receiver and its organization's", async () => {
    const [own, orgs, failures] = [await receive(), await receive(), await receive()];
    const seller = await organization();
    const buyer = await organization();
    const { secret } = await subscribe(orgs.url, seller.key, { events: ["task.completed"] });
    await subscribe(failures.url, seller.key, { events: ["task.failed"] });
    const bought = await receive();
    await subscribe(bought.url, buyer.key);
    await gate.call("POST", `/orgs/${buyer.id}/topup`, { amount: 1 }, buyer.key);
    const fields = { price_per_task: 0.25, webhook_url: own.url };
    const priced = await gate.register({ name: "priced", url: agent.url, ...fields }, seller.key);
    const answer = await call(priced.id, buyer.key);
    for (const receiver of [own, orgs]) await came(receiver, 1);
    const { transaction_id } = answer.body.ucp;
    const expected = { event: "task.completed", org_id: seller.id, agent_id: priced.id, price: 0.25, transaction_id };
    for (const receiver of [own, orgs]) expect(told(receiver)[0]).toMatchObject(expected);
    await verify(orgs.received[0]!, secret);
    expect(own.received[0]!.headers["webhook-id"]).not.toBe(orgs.received[0]!.headers["webhook-id"]);
    await gate.call("PUT", `/agents/${priced.id}`, { url: `${agent.url}/fails` }, seller.key);
    await call(priced.id, buyer.key, "task-8");
    await came(failures, 1);
    expect(told(failures)[0]).toEqual({
      event: "task.failed",
      at,
      org_id: seller.id,
      agent_id: priced.id,
      agent_name: "priced",
      task_id: "task-8",
      latency_ms: expect.any(Number),
      error: "http_500",
    });
    // Who pays is told of its wallet, and of nobody else's agents.
    await came(bought, 1);
    expect(told(bought)).toEqual([
      { event: "wallet.topped_up", at, org_id: buyer.id, org_name: expect.any(String), amount: 1, balance: 1 },
    ]);
    expect(told(orgs)).toHaveLength(1);
  });

  test("a wallet that falls below its threshold is told of, each time it does, and at once where it is below", async () => {
    const receiver = await receive();
    const seller = await organization();
    const buyer = await organization();
    await subscribe(receiver.url, buyer.key, { events: ["wallet.low", "wallet.topped_up"] });
    const { id } = await gate.register({ name: "priced", url: agent.url, price_per_task: 0.25 }, seller.key);
    const set = (threshold: number) =>
      gate.call("PUT", `/orgs/${buyer.id}`, { wallet_low_threshold: threshold }, buyer.key);
    const topup = (amount: number) => gate.call("POST", `/orgs/${buyer.id}/topup`, { amount }, buyer.key);
    expect((await set(0.5)).body.wallet_low_threshold).toBe(0.5);
    await came(receiver, 1, "wallet.low");
    await topup(1);
    // 0.75, 0.5, 0.25, 0: it falls once.
    for (let n = 0; n < 4; n++) expect((await call(id, buyer.key)).status).toBe(200);
    await came(receiver, 2, "wallet.low");
    await topup(1);
    await Promise.all(Array.from({ length: 4 }, () => call(id, buyer.key)));
    await came(receiver, 3, "wallet.low");
    await came(receiver, 2, "wallet.topped_up");
    const low = (balance: number) =>
      expect.objectContaining({ event: "wallet.low", org_id: buyer.id, balance, wallet_low_threshold: 0.5 });
    expect(told(receiver, "wallet.low")).toEqual(expect.arrayContaining([low(0), low(0.25)]));
    expect(told(receiver, "wallet.topped_up").map(({ balance }) => balance)).toEqual([1, 1]);
  });

  test("what happens to agents and keys is told, and no secret with it", async () => {
    const receiver = await receive();
    const { id: orgId, key } = await organization();
    const { secret } = await subscribe(receiver.url, key);
    const fields = { name: "watched", url: `${agent.url}/nowhere`, agent_api_key: "the-agents-own-key" };
    const health = await startAgent();
    const { id } = await gate.register({ ...fields, url: health.url }, key);
    await expect.poll(async () => (await gate.call("GET", `/agents/${id}/health`)).body.status).toBe("healthy");
    await gate.call("PUT", `/agents/${id}`, { description: "new", agent_api_key: "another-key-of-it" }, key);
    await gate.call("PUT", `/agents/${id}`, { description: "new" }, key);
    await came(receiver, 1, "agent.changed");
    expect(told(receiver, "agent.changed")[0]).toEqual({
      event: "agent.changed",
      at,
      org_id: orgId,
      agent_id: id,
      agent_name: "watched",
      changed: ["description", "agent_api_key"],
    });
    await health.close();
    await gate.call("PUT", `/agents/${id}`, { version: "1.0.1" }, key);
    await came(receiver, 1, "agent.unhealthy");
    expect(told(receiver, "agent.unhealthy")[0]).toMatchObject({ agent_id: id, error: expect.any(String) });
    await gate.call("PUT", `/agents/${id}`, { url: agent.url }, key);
    await came(receiver, 1, "agent.recovered");
    const { new_api_key: newKey } = (await gate.call("POST", `/orgs/${orgId}/rotate-key`, undefined, key)).body;
    await gate.call("POST", `/orgs/${orgId}/confirm-rotation`, undefined, newKey);
    await came(receiver, 2, "key.rotated");
    expect(
      told(receiver, "key.rotated")
        .map(({ stage }) => stage)
        .sort(),
    ).toEqual(["confirmed", "pending"]);
    const all = JSON.stringify(receiver.received);
    for (const canary of ["the-agents-own-key", "another-key-of-it", newKey, key, secret])
      expect(all).not.toContain(canary);
  });

  test("a webhook_url from before webhooks were signed is told unsigned, until it is given a secret", async () => {
    const receiver = await receive();
    const { id } = await gate.register({ name: "old", url: agent.url, webhook_url: receiver.url });
    const { databaseUrl, dataDirectory } = gate.config;
    const storage = await openStorage({ databaseUrl, dataDirectory, clock: systemClock, log: silentLog });
    // As the migration leaves it.
    await storage.changes.change("webhooks", (trx) =>
      trx.updateTable("webhook_endpoints").set({ sealed: null }).where("id", "=", id).execute(),
    );
    await storage.close();
    const shown = () => gate.call("GET", `/webhooks/endpoints/${id}`);
    await expect.poll(async () => (await shown()).body.is_signed).toBe(false);
    await call(id);
    await came(receiver, 1);
    const { headers } = receiver.received[0]!;
    expect(headers).not.toHaveProperty("webhook-signature");
    expect(headers).not.toHaveProperty("x-agentgate-signature");
    expect(headers["webhook-id"]).toEqual(expect.any(String));
    const { webhook_secret: secret } = (await gate.call("POST", `/agents/${id}/webhook/rotate-secret`)).body;
    await call(id);
    await came(receiver, 2);
    await verify(receiver.received[1]!, secret);
  });

  test("an organization's endpoints are its own; what of them is an agent's is changed with the agent", async () => {
    const receiver = await receive();
    const { id: orgId, key } = await organization();
    const stranger = await organization();
    const made = await subscribe(receiver.url, key, { events: ["task.failed"], description: "ours" });
    const { secret, ...shown } = made;
    expect(made).toEqual({
      id: expect.any(String),
      org_id: orgId,
      agent_id: null,
      url: receiver.url,
      events: ["task.failed"],
      description: "ours",
      status: "enabled",
      disabled_reason: null,
      failing_since: null,
      is_signed: true,
      created_at: at,
      updated_at: at,
      secret: expect.stringMatching(/^whsec_/),
    });
    const path = `/webhooks/endpoints/${made.id}`;
    expect((await gate.call("GET", path, undefined, key)).body).toEqual(shown);
    const { id: agentId } = await gate.register({ name: "hooked", url: agent.url, webhook_url: receiver.url }, key);
    const list = async (query = "", as = key) =>
      (await gate.call("GET", `/webhooks/endpoints${query}`, undefined, as)).body;
    const first = await list("?limit=1");
    const second = await list(`?limit=1&before=${first.next}`);
    expect([first, second].map(({ entries }) => entries[0].id)).toEqual([agentId, made.id]);
    expect(second.next).toBeNull();
    expect((await list("", stranger.key)).entries).toEqual([]);
    expect((await gate.call("GET", `/webhooks/endpoints?org_id=${orgId}`, undefined, stranger.key)).status).toBe(403);
    const ofAgent = `/webhooks/endpoints/${agentId}`;
    expect((await gate.call("PUT", ofAgent, { url: receiver.url }, key)).status).toBe(409);
    expect((await gate.call("DELETE", ofAgent, undefined, key)).status).toBe(409);
    expect((await gate.call("PUT", ofAgent, { status: "disabled" }, key)).body.disabled_reason).toBe("by its owner");
    await gate.call("PUT", `/agents/${agentId}`, { webhook_url: receiver.url }, key);
    expect((await gate.call("GET", ofAgent, undefined, key)).body.status).toBe("enabled");
    for (const [method, url] of [
      ["GET", path],
      ["PUT", path],
      ["DELETE", path],
      ["POST", `${path}/rotate-secret`],
      ["POST", `${path}/test`],
    ] as const) {
      const body = method === "PUT" ? {} : undefined;
      expect((await gate.call(method, url, body, stranger.key)).status, url).toBe(403);
      expect((await gate.call(method, url, body, null)).status, url).toBe(401);
    }
    const unsafe = await gate.call("POST", "/webhooks/endpoints", { url: "http://169.254.169.254/" }, key);
    expect([unsafe.status, unsafe.body.detail]).toEqual([400, expect.stringContaining("Invalid URL")]);
    expect((await gate.call("POST", "/webhooks/endpoints", { url: receiver.url })).status).toBe(422);
    const byAdmin = await gate.call("POST", "/webhooks/endpoints", { url: receiver.url, org_id: orgId });
    expect(byAdmin.body.org_id).toBe(orgId);
    for (let n = 0; n < 30; n++) await subscribe(receiver.url, key);
    expect((await gate.call("POST", "/webhooks/endpoints", { url: receiver.url }, key)).status).toBe(403);
    expect((await gate.call("DELETE", path, undefined, key)).status).toBe(204);
    expect((await gate.call("GET", path, undefined, key)).status).toBe(404);
  });

  test("what was told is listed, shown with its attempts, and told again, one by one or all of a time", async () => {
    const receiver = await receive();
    const { key } = await organization();
    const stranger = await organization();
    const endpoint = await subscribe(receiver.url, key);
    const since = new Date(gate.clock.now() - 1_000).toISOString();
    const test = async () =>
      (await gate.call("POST", `/webhooks/endpoints/${endpoint.id}/test`, undefined, key)).body.id;
    const list = async (query = "", as: string | undefined = key) =>
      (await gate.call("GET", `/webhooks/deliveries${query}`, undefined, as)).body;
    const sent: string[] = [];
    for (let n = 0; n < 3; n++) {
      sent.unshift(await test());
      await came(receiver, n + 1);
    }
    await expect.poll(async () => (await list("?status=delivered")).entries.length).toBe(3);
    const first = await list("?limit=2");
    const second = await list(`?limit=2&before=${first.next}`);
    expect([...first.entries, ...second.entries].map(({ id }) => id)).toEqual(sent);
    expect(second.next).toBeNull();
    expect(first.entries[0]).toEqual({
      id: sent[0],
      endpoint_id: endpoint.id,
      org_id: endpoint.org_id,
      agent_id: null,
      event: "webhook.test",
      receiver: new URL(receiver.url).host,
      status: "delivered",
      attempt_count: 1,
      last_attempt: { at: expect.any(String), status: 204, ms: expect.any(Number), response_head: "", error: null },
      next_attempt_at: null,
      created_at: at,
    });
    for (const [query, length] of [
      [`?endpoint_id=${endpoint.id}`, 3],
      ["?event=webhook.test", 3],
      ["?event=task.failed", 0],
      ["?status=failed", 0],
      [`?agent_id=${endpoint.id}`, 0],
    ] as const)
      expect((await list(query)).entries, query).toHaveLength(length);
    expect((await list("", stranger.key)).entries).toEqual([]);
    expect(
      (await gate.call("GET", `/webhooks/deliveries?endpoint_id=${endpoint.id}`, undefined, stranger.key)).status,
    ).toBe(403);
    expect((await gate.call("GET", `/webhooks/deliveries/${sent[0]}`, undefined, stranger.key)).status).toBe(403);
    const shown = (await gate.call("GET", `/webhooks/deliveries/${sent[0]}`, undefined, key)).body;
    expect(shown).toMatchObject({ body: receiver.received[2]!.body, attempts: [first.entries[0].last_attempt] });
    const again = await gate.call("POST", `/webhooks/deliveries/${sent[0]}/resend`, undefined, key);
    expect([again.status, again.body.status]).toEqual([202, "pending"]);
    await came(receiver, 4);
    expect(receiver.received[3]!.headers["webhook-id"]).toBe(sent[0]);
    const resend = (more: object, as = key) =>
      gate.call("POST", "/webhooks/deliveries/resend", { endpoint_id: endpoint.id, from: since, ...more }, as);
    expect((await resend({})).body).toEqual({ resent: 0, next: null });
    await expect.poll(async () => (await list("?status=delivered")).entries.length).toBe(3);
    expect((await resend({ status: "delivered", to: since })).body).toEqual({ resent: 0, next: null });
    expect((await resend({ status: "delivered" }, stranger.key)).status).toBe(403);
    expect((await resend({ status: "delivered" })).body).toEqual({ resent: 3, next: null });
    await came(receiver, 7);
    expect(receiver.received.slice(4).map(({ headers }) => headers["webhook-id"])).toEqual(
      expect.arrayContaining(sent),
    );
    // An endpoint that is gone is told nothing, and its deliveries say so.
    receiver.otherwise = misdeeds.hangs;
    await gate.call("DELETE", `/webhooks/endpoints/${endpoint.id}`, undefined, key);
    const gone = await gate.call("POST", `/webhooks/deliveries/${sent[0]}/resend`, undefined, key);
    expect([gone.status, gone.body.detail]).toEqual([409, expect.stringContaining("deleted")]);
  });

  // The last: the clock does not go back.
  test("a new secret signs beside the one before for a day; another URL has another secret", async () => {
    const receiver = await receive();
    const { id, webhook_secret: first } = await gate.register({
      name: "rotated",
      url: agent.url,
      webhook_url: receiver.url,
    });
    const rotate = () => gate.call("POST", `/agents/${id}/webhook/rotate-secret`);
    const { webhook_secret: second } = (await rotate()).body;
    await call(id);
    await came(receiver, 1);
    for (const secret of [first, second]) await verify(receiver.received[0]!, secret);
    gate.clock.skip(23 * HOUR_MS);
    await call(id);
    await came(receiver, 2);
    const ahead = { now: gate.clock.now() };
    const verifyLate = ({ body, headers }: Received, secret: string) => verifyWebhook(body, headers, secret, ahead);
    for (const secret of [first, second]) await verifyLate(receiver.received[1]!, secret);
    gate.clock.skip(2 * HOUR_MS);
    await call(id);
    await came(receiver, 3);
    ahead.now = gate.clock.now();
    await verifyLate(receiver.received[2]!, second);
    await expect(verifyLate(receiver.received[2]!, first)).rejects.toThrow(/No signature fits/);
    const same = await gate.call("PUT", `/agents/${id}`, { webhook_url: receiver.url });
    expect(same.body).not.toHaveProperty("webhook_secret");
    const moved = await gate.call("PUT", `/agents/${id}`, { webhook_url: `${receiver.url}/moved` });
    expect([first, second]).not.toContain(moved.body.webhook_secret);
    await call(id);
    await came(receiver, 4);
    ahead.now = gate.clock.now();
    await verifyLate(receiver.received[3]!, moved.body.webhook_secret);
    expect((await gate.call("PUT", `/agents/${id}`, { webhook_url: "" })).status).toBe(200);
    expect((await rotate()).status).toBe(409);
  });
});
