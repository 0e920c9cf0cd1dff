import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

describe.each(testEngines())("who reviews on %s", (engine) => {
  let gate: TestGateway;
  let upstream: TestAgent;
  let fails = false;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { topup: "open" });
    upstream = await startAgent(({ body }, response) => {
      response.writeHead(fails ? 500 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify({ id: JSON.parse(body).id, text: "done" }));
    });
  });
  afterAll(async () => {
    await gate.close();
    await upstream.close();
  });

  const register = (fields: object = {}) => gate.register({ name: "reviewed", url: upstream.url, ...fields });
  const review = (id: string, key?: string | null, at = gate) =>
    at.call("POST", `/agents/${id}/reviews`, { rating: 5 }, key);
  const work = (id: string, key?: string | null, at = gate) =>
    at.call("POST", `/agents/${id}/task`, textTask("x"), key);

  test("only who has had a task done, and of that agent; a failed one is none", async () => {
    const org = await gate.createOrg("reviewer");
    const [one, another] = [await register(), await register()];
    fails = true;
    await work(one.id, org.key);
    fails = false;
    await work(another.id, org.key);
    const refused = await review(one.id, org.key);
    expect([refused.status, refused.body.code]).toEqual([403, "no_task"]);
    expect(refused.body.detail).toContain("has done no task for you yet");
    expect((await gate.call("GET", `/agents/${one.id}/reviews/stats`)).body.review_count).toBe(0);
    await work(one.id, org.key);
    expect((await review(one.id, org.key)).status).toBe(201);
    expect((await review(another.id, (await gate.createOrg("stranger")).key)).status).toBe(403);
    expect((await review(one.id)).status).toBe(201);
    expect((await review(crypto.randomUUID(), org.key)).status).toBe(404);
  });

  test("a task that was paid for a moment ago counts, on every node, and when its log row is gone", async () => {
    const org = await gate.createOrg("paying reviewer");
    await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 1 });
    const { id } = await register({ price_per_task: 0.1 });
    const node = await gate.another();
    await work(id, org.key);
    expect((await review(id, org.key, node)).status).toBe(201);
    const free = await register();
    await work(free.id, org.key);
    expect((await review(free.id, org.key)).status).toBe(201);
    await expect.poll(async () => (await review(free.id, org.key, node)).status).toBe(201);
  });

  test("where callers without a key review: by address, or by the agent's own key", async () => {
    const open = await startTestGateway(engine, { anonymousReviews: true });
    const locked = await open.register({ name: "locked", url: upstream.url, agent_api_key: "the-agents-own-key" });
    expect((await review(locked.id, "the-agents-own-key", open)).status).toBe(403);
    await work(locked.id, "the-agents-own-key", open);
    expect((await review(locked.id, "the-agents-own-key", open)).status).toBe(201);
    expect((await review(locked.id, "no such key", open)).status).toBe(401);
    // Who called with a key is still the one behind this address.
    const org = await open.createOrg("org");
    const free = await open.register({ name: "free", url: upstream.url });
    expect((await review(free.id, null, open)).status).toBe(403);
    await work(free.id, org.key, open);
    expect((await review(free.id, null, open)).status).toBe(201);
    expect((await open.call("GET", `/agents/${free.id}/reviews`)).body).toHaveLength(1);
    // Who needs no key may not show one that was made for something else.
    const made = { name: "reader", scopes: ["wallet:read"] };
    const { key } = (await open.call("POST", `/orgs/${org.id}/keys`, made, org.key)).body;
    const refused = await review(free.id, key, open);
    expect([refused.status, refused.body.code]).toEqual([403, "insufficient_scope"]);
    await open.close();
  });
});
