import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";

describe.each(testEngines())("approval of new agents on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let org: { id: string; key: string };
  let other: { id: string; key: string };
  beforeAll(async () => {
    [gate, agent] = await Promise.all([startTestGateway(engine, { approval: "new" }), startAgent()]);
    await gate.gateway.start();
    org = await gate.createOrg("Acme", { tier: "pro" });
    other = await gate.createOrg("Other", { tier: "pro" });
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const task = (id: string, key?: string | null) => gate.call("POST", `/agents/${id}/task`, textTask("hi"), key);
  const shown = async (id: string) => (await gate.call("GET", `/agents/${id}`)).body;
  const approve = async (id: string, body: object = {}) =>
    gate.call("POST", `/agents/${id}/approve`, { expected: (await shown(id)).pending?.version, ...body });

  test("what an organization registers waits: its owner is told so, to others there is none", async () => {
    const waiting = await gate.register({ name: "waits", url: agent.url, protocol: "plain" }, org.key);
    expect(waiting.approval).toEqual({
      ...{ state: "pending", reason: null, since: expect.any(String), change: null },
      detail: expect.stringContaining("waits for approval"),
    });
    expect((await gate.call("GET", `/agents/${waiting.id}`, undefined, org.key)).body.approval.state).toBe("pending");
    for (const key of [other.key, null]) {
      const absent = await gate.call("GET", `/agents/${waiting.id}`, undefined, key);
      expect([absent.status, absent.body.detail]).toEqual([404, "Agent not found"]);
      const refused = await task(waiting.id, key);
      expect([refused.status, refused.body.detail]).toEqual([404, "Agent not found"]);
    }
    expect((await gate.call("PUT", `/agents/${waiting.id}`, { name: "x" }, other.key)).status).toBe(404);
    const told = await task(waiting.id, org.key);
    expect(told).toMatchObject({ status: 403, body: { code: "agent_pending" } });
    expect(told.body.detail).toContain("waits for approval");
    expect(agent.received).toEqual([]);

    const { entries } = (await gate.call("GET", `/approvals?org_id=${org.id}`)).body;
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ agent_id: waiting.id, agent_name: "waits", org_id: org.id, kind: "agent" });
    expect(entries[0].changes).toContainEqual({ field: "url", after: agent.url });
    const approved = await gate.call("POST", `/agents/${waiting.id}/approve`, {
      expected: entries[0].version,
      reason: "fine",
    });
    expect(approved).toMatchObject({ status: 200, body: { approval: { state: "approved", reason: "fine" } } });
    expect((await task(waiting.id, null)).status).toBe(200);
    expect((await gate.call("GET", `/agents/${waiting.id}`, undefined, null)).body.approval).toBeUndefined();
  });

  test("what the admin registers is approved as it comes, also for an organization", async () => {
    const own = await gate.register({ name: "own", url: agent.url, protocol: "plain" });
    const theirs = await gate.register({ name: "theirs", url: agent.url, protocol: "plain", org_id: org.id });
    for (const { id, approval } of [own, theirs]) {
      expect(approval).toBeUndefined();
      expect((await task(id, null)).status).toBe(200);
    }
  });

  test("a key of the admin's approves what its scopes allow, and what it registers without that one waits", async () => {
    const keyFor = async (...scopes: string[]) =>
      (await gate.call("POST", "/admin-keys", { name: "k", scopes })).body.key;
    const [reading, registering] = [await keyFor("approvals:read"), await keyFor("agents:write", "agents:inspect")];
    const { id, approval } = await gate.register({ name: "by key", url: agent.url, protocol: "plain" }, registering);
    expect(approval.state).toBe("pending");
    const { entries } = (await gate.call("GET", "/approvals?limit=1", undefined, reading)).body;
    expect(entries).toMatchObject([{ agent_id: id, org_id: null }]);
    const expected = entries[0].version;
    const refused = await gate.call("POST", `/agents/${id}/approve`, { expected }, reading);
    expect([refused.status, refused.body.code]).toEqual([403, "insufficient_scope"]);
    expect(
      (await gate.call("POST", `/agents/${id}/approve`, { expected }, await keyFor("approvals:write"))).status,
    ).toBe(200);
  });

  test("one that is changed while it waits is approved as it is, or not at all", async () => {
    const { id } = await gate.register({ name: "moving", url: agent.url, protocol: "plain" }, org.key);
    const { version } = (await shown(id)).pending;
    const changed = await gate.call("PUT", `/agents/${id}`, { price_per_task: 2 }, org.key);
    expect(changed.body).toMatchObject({ price_per_task: 2, approval: { state: "pending" } });
    expect(await gate.call("POST", `/agents/${id}/approve`, {})).toMatchObject({ status: 428 });
    const late = await gate.call("POST", `/agents/${id}/approve`, { expected: version });
    expect(late).toMatchObject({ status: 409, body: { code: "approval_changed" } });
    expect((await task(id, org.key)).status).toBe(403);
    const header = await fetch(`${gate.url}/agents/${id}/approve`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${gate.config.apiKey}`,
        "if-match": `"${(await shown(id)).pending.version}"`,
      },
      body: "{}",
    });
    expect(header.status).toBe(200);
    expect((await approve(id, { expected: "0" })).body.code).toBe("nothing_waits");
  });

  test("one that is refused stays its owner's, who hears why; changed, it waits again", async () => {
    const { id } = await gate.register({ name: "refused", url: agent.url, protocol: "plain" }, org.key);
    expect((await gate.call("POST", `/agents/${id}/reject`, {})).status).toBe(422);
    await gate.call("POST", `/agents/${id}/reject`, { reason: "No such service" });
    const mine = (await gate.call("GET", `/agents/${id}`, undefined, org.key)).body;
    expect(mine.approval).toMatchObject({ state: "rejected", reason: "No such service" });
    expect((await task(id, org.key)).body).toMatchObject({
      code: "agent_rejected",
      detail: expect.stringContaining("No such service"),
    });
    expect((await gate.call("PUT", `/agents/${id}`, { timeout_ms: 1000 }, org.key)).body.approval.state).toBe(
      "rejected",
    );
    const again = await gate.call("PUT", `/agents/${id}`, { description: "A service" }, org.key);
    expect(again.body.approval).toMatchObject({ state: "pending", reason: null });
    expect((await approve(id)).status).toBe(200);
    expect((await task(id, null)).status).toBe(200);
  });

  test("of two who decide at once, one does", async () => {
    const { id } = await gate.register({ name: "once", url: agent.url, protocol: "plain" }, org.key);
    const expected = (await shown(id)).pending.version;
    const answers = await Promise.all([
      gate.call("POST", `/agents/${id}/approve`, { expected }),
      gate.call("POST", `/agents/${id}/reject`, { expected, reason: "no" }),
      gate.call("POST", `/agents/${id}/approve`, { expected }),
    ]);
    const statuses = answers.map(({ status }) => status);
    // One that was refused may still be approved by who saw just this.
    expect(statuses.filter((status) => status === 409).length).toBeGreaterThan(0);
    expect((await task(id, null)).status).toBe(200);
  });

  test("a suspended agent is there for nobody, on every node within a second, until it is resumed", async () => {
    const { id } = await gate.register({ name: "bad", url: agent.url, protocol: "plain", org_id: org.id });
    const node = await gate.another();
    const at = (key: string | null) => node.call("POST", `/agents/${id}/task`, textTask("hi"), key);
    expect((await at(null)).status).toBe(200);
    const suspended = await gate.call("POST", `/agents/${id}/suspend`, { reason: "It leaks" });
    expect(suspended.body.approval).toMatchObject({ state: "suspended", reason: "It leaks" });
    expect((await task(id, null)).status).toBe(404);
    // Who asks too often is told so, until the agent is not there any more.
    await expect.poll(async () => (await at(null)).status, { timeout: 60_000 }).toBe(404);
    expect((await at(org.key)).body).toMatchObject({
      code: "agent_suspended",
      detail: expect.stringMatching(/It leaks/),
    });
    const listed = (await gate.call("GET", "/approvals?state=suspended")).body.entries;
    expect(listed).toMatchObject([{ agent_id: id, version: null, changes: [], reason: "It leaks" }]);
    expect((await gate.call("POST", `/agents/${id}/resume`, {})).status).toBe(200);
    expect((await gate.call("POST", `/agents/${id}/resume`, {})).status).toBe(409);
    expect((await task(id, null)).status).toBe(200);
    expect((await gate.call("POST", `/agents/${id}/suspend`, { reason: "x" }, org.key)).status).toBe(401);
  });

  test("the list goes on where a page ended", async () => {
    const ids = [];
    for (const name of ["p1", "p2", "p3"]) {
      ids.push((await gate.register({ name, url: agent.url, protocol: "plain" }, other.key)).id);
    }
    const seen = [];
    let next: string | null = null;
    do {
      const path: string = `/approvals?org_id=${other.id}&limit=2${next ? `&before=${next}` : ""}`;
      const { body }: { body: any } = await gate.call("GET", path);
      seen.push(...body.entries.map((entry: any) => entry.agent_id));
      next = body.next;
    } while (next);
    expect(seen).toEqual(ids.toReversed());
    await gate.call("DELETE", `/agents/${ids[0]}`, undefined, other.key);
    expect((await gate.call("GET", `/approvals?org_id=${other.id}`)).body.entries).toHaveLength(2);
    expect((await gate.call("POST", `/agents/${ids[0]}/approve`, { expected: "0" })).status).toBe(404);
  });

  test("owners are told of each decision by webhook, with the reason", async () => {
    const told = await gate.createOrg("Told", { tier: "pro" });
    const endpoint = { url: `${agent.url}/hook`, events: ["agent.approval"] };
    expect((await gate.call("POST", "/webhooks/endpoints", endpoint, told.key)).status).toBe(201);
    const { id } = await gate.register({ name: "told", url: agent.url, protocol: "plain" }, told.key);
    await gate.call("POST", `/agents/${id}/reject`, { reason: "Say what it does" });
    await gate.call("PUT", `/agents/${id}`, { description: "Tells" }, told.key);
    await approve(id);
    await gate.call("POST", `/agents/${id}/suspend`, { reason: "It leaks" });
    await gate.call("POST", `/agents/${id}/resume`, {});
    const { entries } = (await gate.call("GET", "/webhooks/deliveries?event=agent.approval", undefined, told.key)).body;
    const bodies = await Promise.all(
      entries.map(async (one: any) => {
        const { body } = (await gate.call("GET", `/webhooks/deliveries/${one.id}`, undefined, told.key)).body;
        return typeof body === "string" ? JSON.parse(body) : body;
      }),
    );
    const common = {
      event: "agent.approval",
      at: expect.any(String),
      org_id: told.id,
      agent_id: id,
      agent_name: "told",
    };
    expect(bodies.toReversed()).toEqual([
      { ...common, decision: "rejected", kind: "agent", state: "rejected", reason: "Say what it does" },
      { ...common, decision: "approved", kind: "agent", state: "approved", reason: null },
      { ...common, decision: "suspended", kind: "agent", state: "suspended", reason: "It leaks" },
      { ...common, decision: "resumed", kind: "agent", state: "approved", reason: null },
    ]);
  });

  test("what is bought of a suspended agent, and a chain's step, fail as those of an agent that is gone; nobody pays", async () => {
    const payer = await gate.createOrg("Payer", { rate_limit: 1e6, rate_burst: 1e6 });
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10 });
    const wallet = async () => {
      const { balance, held } = (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
      return { balance, held };
    };
    const priced = { name: "sold", url: agent.url, protocol: "plain", price_per_task: 1 };
    const { id } = await gate.register(priced);
    const steps = [{ agent_id: id, input_template: "x" }];
    const chain = (await gate.call("POST", "/chains/", { name: "steps", steps }, payer.key)).body;
    const buy = () => gate.call("POST", "/ucp/checkout", { agent_id: id, task: textTask("x") }, payer.key);
    const session = (await buy()).body;
    await gate.call("POST", `/agents/${id}/suspend`, { reason: "why" });
    const completed = await gate.call(
      "POST",
      `/ucp/checkout/${session.session_id ?? session.id}/complete`,
      {},
      payer.key,
    );
    expect(completed.status).toBeGreaterThanOrEqual(400);
    const run = await gate.call("POST", `/chains/${chain.id}/run`, { input: "x" }, payer.key);
    expect(run.body).toMatchObject({ status: "error" });
    await expect.poll(wallet).toEqual({ balance: 10, held: 0 });
    await gate.call("POST", `/agents/${id}/resume`, {});
    expect((await gate.call("POST", `/chains/${chain.id}/run`, { input: "x" }, payer.key)).body.status).toBe("success");
    await expect.poll(wallet).toEqual({ balance: 9, held: 0 });
  });

  test("what does not serve is nowhere listed, found, sold, described or counted; its owner sees it, and no one looks whether it lives", async () => {
    const mine = await gate.createOrg("Unseen", { tier: "pro" });
    const words = { name: "unseen-agent", description: "unseen words", tags: ["unseen"], skills: [{ id: "unseen" }] };
    const { id } = await gate.register({ ...words, url: agent.url, protocol: "plain", price_per_task: 1 }, mine.key);
    const places = [
      ...["/agents/", "/agents/?tag=unseen", "/agents/?skill=unseen", "/agents/tags", "/agents/search?q=unseen"],
      ...["/agents/search?tags=unseen", "/agents/search", "/agents/by-name/unseen-agent", "/ucp/catalog"],
      ...["/agents/by-name/unseen-agent/latest", "/.well-known/ai-catalog.json", "/.well-known/api-catalog"],
      ...["/.well-known/agent.json", "/health/agents", `/agents/${id}/card`, `/agents/${id}/reviews/stats`],
      `/agents/${id}/health`,
    ];
    const showing = async (key: string | null) => {
      const found = await Promise.all(places.map((path) => gate.call("GET", path, undefined, key)));
      return places.filter((_, index) => {
        const { status, body } = found[index]!;
        return status === 200 && (body.name === words.name || new RegExp(`unseen|${id}`).test(JSON.stringify(body)));
      });
    };
    const hidden = async () => {
      for (const key of [null, other.key]) expect(await showing(key)).toEqual([]);
      expect((await gate.call("GET", `/orgs/${mine.id}/agents`, undefined, mine.key)).body).toMatchObject([{ id }]);
      expect((await gate.call("GET", "/agents/by-name/unseen-agent", undefined, mine.key)).body).toMatchObject([
        { id },
      ]);
      const latest = (await gate.call("GET", "/agents/by-name/unseen-agent/latest", undefined, mine.key)).body;
      const { approval } = (await gate.call("GET", `/agents/${id}`, undefined, mine.key)).body;
      expect(latest.approval).toEqual({
        ...{ state: expect.stringMatching(/pending|suspended/), reason: approval.reason, since: approval.since },
        ...{ change: null, detail: approval.detail },
      });
      const health = (await gate.call("GET", `/agents/${id}/health`, undefined, mine.key)).body;
      expect(health).toMatchObject({ status: "unknown", message: expect.stringMatching(/waits|suspended/) });
    };
    const total = async () => (await gate.call("GET", "/agents/search", undefined, null)).body.total;
    const before = await total();
    await hidden();
    await approve(id);
    expect(await total()).toBe(before + 1);
    const healthy = async () => (await gate.call("GET", `/agents/${id}/health`, undefined, null)).body.status;
    await expect.poll(healthy).toBe("healthy");
    expect(await showing(null)).toEqual(places);
    await gate.call("POST", `/agents/${id}/suspend`, { reason: "why" });
    expect(await total()).toBe(before);
    await hidden();
  });
});
