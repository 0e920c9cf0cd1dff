import { SOON_MS } from "@agentgate/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../testing/index.ts";
import { Browser } from "../web/testing/browser.ts";
import { Listening } from "./testing/listen.ts";

describe.each(testEngines())("events on %s", (engine) => {
  let gate: TestGateway;
  let node: TestGateway;
  let agent: TestAgent;
  let owner: { id: string; key: string };
  let payer: { id: string; key: string };
  let stranger: { id: string; key: string };
  let free: string;
  let priced: string;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { topup: "open" });
    node = await gate.another();
    await Promise.all([gate.gateway.start(), node.gateway.start()]);
    agent = await startAgent(({ path, body }, response) => {
      if (path === "/hook") return void response.end();
      const { text } = JSON.parse(body).message.parts[0];
      response.writeHead(text === "fail" ? 500 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify({ status: { state: "completed" }, artifacts: [] }));
    });
    const unlimited = { rate_limit: 1e6, rate_burst: 1e6 };
    owner = await gate.createOrg("owner", unlimited);
    payer = await gate.createOrg("payer", unlimited);
    stranger = await gate.createOrg("stranger", unlimited);
    free = (await gate.register({ name: "free", url: agent.url }, owner.key)).id;
    priced = (await gate.register({ name: "priced", url: agent.url, price_per_task: 0.5 }, owner.key)).id;
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 100 }, payer.key);
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const callAt = async (at: TestGateway, id: string, key: string | null, text = "hi") =>
    (await at.call("POST", `/agents/${id}/task`, textTask(text), key)).status;
  const logged = async (id: string): Promise<string[]> =>
    (await gate.call("GET", `/agents/${id}/logs?limit=200`, undefined, owner.key)).body.map((entry: any) => entry.id);

  test("calls are told to who owns the agent, who pays and the admin, from either node, within two seconds", async () => {
    const [owners, payers, strangers, admins, filtered, without] = await Promise.all([
      Listening.begin(gate, owner.key),
      Listening.begin(node, payer.key, { query: "topics=logs,stats" }),
      Listening.begin(gate, stranger.key, { query: "topics=logs,stats" }),
      Listening.begin(node, ADMIN_KEY),
      Listening.begin(node, owner.key, {
        query: `role=owner&status=error&error=http_500&agent_id=${priced}&agent_id=${free}`,
      }),
      Listening.begin(gate, owner.key, { query: `not_error=http_500&not_agent_id=${free}` }),
    ]);
    const from = performance.now();
    expect(await callAt(node, free, null)).toBe(200);
    expect(await callAt(gate, priced, payer.key)).toBe(200);
    expect(await callAt(node, priced, payer.key, "fail")).toBe(502);
    await owners.until(() => owners.calls.length === 3);
    await payers.until(() => payers.calls.length === 2);
    await admins.until(() => admins.calls.length === 3);
    await filtered.until(() => filtered.calls.length === 1);
    // On PostgreSQL other tests' transactions on the same server hold the tail back.
    if (engine === "sqlite") expect(performance.now() - from).toBeLessThan(SOON_MS);
    const told = owners.of("log").map(({ agent_id, status, payer_org_id }) => [agent_id, status, payer_org_id]);
    expect(told.toSorted()).toEqual(
      [
        [free, "success", null],
        [priced, "success", payer.id],
        [priced, "error", payer.id],
      ].toSorted(),
    );
    // In one order, whoever listens where.
    expect(admins.calls).toEqual(owners.calls);
    const of = (isSo: (call: any) => boolean) => owners.of("log").flatMap((call) => (isSo(call) ? [call.id] : []));
    expect(payers.calls).toEqual(of(({ payer_org_id }) => payer_org_id === payer.id));
    expect(filtered.calls).toEqual(of(({ status }) => status === "error"));
    expect(without.calls).toEqual(of(({ agent_id, status }) => agent_id === priced && status === "success"));
    await payers.until(() => payers.of("stats").length > 0);
    expect(strangers.events.map(({ type }) => type)).toEqual(["ready"]);
    await Promise.all([owners, payers, strangers, admins, filtered, without].map((one) => one.cut()));
  });

  test("a key for some agents hears of these alone, and which key a payer showed is the payer's to know", async () => {
    const keyOf = async (org: { id: string; key: string }, fields: object) =>
      (await gate.call("POST", `/orgs/${org.id}/keys`, { name: "k", scopes: ["*"], ...fields }, org.key)).body;
    const small = await keyOf(owner, { agents: [free] });
    const paying = await keyOf(payer, {});
    const [some, owners, payers, guessing] = await Promise.all([
      Listening.begin(gate, small.key),
      Listening.begin(gate, owner.key),
      Listening.begin(gate, payer.key, { query: `key_id=${paying.id}` }),
      Listening.begin(gate, owner.key, { query: `key_id=${paying.id}` }),
    ]);
    expect(await callAt(gate, priced, paying.key)).toBe(200);
    await payers.until(() => payers.calls.length === 1);
    expect(await callAt(gate, free, null)).toBe(200);
    await Promise.all([some.until(() => some.calls.length === 1), owners.until(() => owners.calls.length === 2)]);
    expect(payers.of("log")[0].key_id).toBe(paying.id);
    expect(owners.of("log").map(({ key_id }) => key_id)).toEqual([null, null]);
    expect(some.calls).toEqual(owners.calls.slice(1));
    expect(guessing.calls).toEqual([]);
    expect((await Listening.begin(gate, owner.key, { query: `org_id=${payer.id}` })).status).toBe(403);
    await Promise.all([some, owners, payers, guessing].map((one) => one.cut()));
  });

  test("whoever comes back goes on where he was, at another node too, without a call lost or told twice", async () => {
    const first = await Listening.begin(gate, owner.key);
    await callAt(gate, free, null);
    await first.until(() => first.calls.length === 1);
    await first.cut();
    for (const at of [node, gate, node]) await callAt(at, free, null);
    const second = await Listening.begin(node, owner.key, { lastId: first.lastId });
    await callAt(gate, free, null);
    await second.until(() => second.calls.length >= 4);
    const all = [...first.calls, ...second.calls];
    expect([new Set(all).size, second.of("gap")]).toEqual([5, []]);
    expect(new Set((await logged(free)).slice(0, 5))).toEqual(new Set(all));
    await second.cut();
    // One who came too late, or with what is no place, is told that something is missing.
    for (const lastId of [
      first.lastId!.replace(/[^.]+$/, "1"),
      "nonsense",
      `${"z".repeat(12)}.-.-.${Date.now().toString(36)}`,
    ]) {
      const late = await Listening.begin(node, owner.key, { lastId });
      expect([lastId, late.of("gap")]).toEqual([lastId, [{ missed: null }]]);
      await callAt(gate, free, null);
      await late.until(() => late.calls.length === 1);
      await late.cut();
    }
  });

  test("a node that ends sends its listeners on", async () => {
    const third = await gate.another();
    const first = await Listening.begin(third, owner.key);
    await callAt(third, free, null);
    await first.until(() => first.calls.length === 1);
    const closing = third.gateway.close(1_000);
    await first.until(() => first.isOver);
    await callAt(gate, free, null);
    await closing;
    const second = await Listening.begin(node, owner.key, { lastId: first.lastId });
    await second.until(() => second.calls.length === 1);
    expect((await logged(free)).slice(0, 2)).toEqual([...second.calls, ...first.calls]);
    await second.cut();
  });

  test("whoever calls, listens and is cut off: each hears each of his calls once, and nobody else's", async () => {
    const orgs = await Promise.all(
      ["a", "b", "c"].map(async (name) => {
        const org = await gate.createOrg(`random ${name}`, { rate_limit: 1e6, rate_burst: 1e6 });
        await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 100 });
        return { ...org, agent: (await gate.register({ name, url: agent.url, price_per_task: 0.01 }, org.key)).id };
      }),
    );
    const nodes = [gate, node];
    const step = fc.record({ at: fc.nat(1), of: fc.nat(2), by: fc.nat(2), cuts: fc.option(fc.nat(2), { freq: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 15 }), async (steps) => {
        const heard: Listening[][] = await Promise.all(orgs.map(async ({ key }) => [await Listening.begin(gate, key)]));
        const made: [string, string][] = [];
        await Promise.all(
          steps.map(async ({ at, of, by, cuts }) => {
            const { body, status } = await nodes[at]!.call(
              "POST",
              `/agents/${orgs[of]!.agent}/task`,
              textTask("hi"),
              orgs[by]!.key,
            );
            expect(status, JSON.stringify(body)).toBe(200);
            made.push([orgs[of]!.id, orgs[by]!.id]);
            if (cuts === null) return;
            const { key } = orgs[cuts]!;
            const last = heard[cuts]!.at(-1)!;
            const next = (async () => {
              await last.cut();
              return new Listening(nodes[1 - at]!, key, { lastId: last.lastId });
            })();
            heard[cuts]!.push(await next);
          }),
        );
        for (const [index, { id }] of orgs.entries()) {
          const own = made.filter((parties) => parties.includes(id)).length;
          const told = () => heard[index]!.flatMap((one) => one.of("log"));
          await heard[index]![0]!.until(() => new Set(told().map((call) => call.id)).size >= own);
          expect(told().every(({ org_id, payer_org_id }) => [org_id, payer_org_id].includes(id))).toBe(true);
          await Promise.all(heard[index]!.map((one) => one.cut()));
          for (const one of heard[index]!) expect(new Set(one.calls).size).toBe(one.calls.length);
        }
      }),
      { numRuns: 3 },
    );
  });

  test("wallets, health and deliveries are told as they change", async () => {
    const hook = await gate.call(
      "POST",
      "/webhooks/endpoints",
      { url: `${agent.url}/hook`, events: ["task.completed"] },
      owner.key,
    );
    expect(hook.status).toBe(201);
    const query = "topics=wallet,health,deliveries";
    const [owners, strangers] = [
      await Listening.begin(node, owner.key, { query }),
      await Listening.begin(node, stranger.key, { query }),
    ];
    await owners.until(() => owners.of("wallet").length === 1);
    const before = owners.of("wallet")[0];
    await callAt(gate, priced, payer.key);
    await owners.until(
      () => owners.of("wallet").length > 1 && owners.of("delivery").some(({ status }) => status === "delivered"),
    );
    expect(owners.of("wallet").at(-1).balance).toBeCloseTo(before.balance + 0.485, 6);
    expect(owners.of("delivery").at(-1)).toMatchObject({ org_id: owner.id, event: "task.completed", failures: 0 });
    // Looked at when it is registered, and not well.
    const dead = await startAgent();
    await dead.close();
    const given = { name: "bounded", scopes: ["agents:inspect"], agents: [free] };
    const { key } = (await gate.call("POST", `/orgs/${owner.id}/keys`, given, owner.key)).body;
    const bounded = await Listening.begin(node, key, { query: "topics=health" });
    const { id } = await gate.register({ name: "dead", url: dead.url, visibility: "org" }, owner.key);
    await owners.until(() => owners.of("health").length > 0);
    expect(bounded.events.map(({ type }) => type)).toEqual(["ready"]);
    await bounded.cut();
    expect(owners.of("health")[0]).toEqual({ agent_id: id, agent_name: "dead", status: "unhealthy" });
    expect(strangers.events.map(({ type }) => type).sort()).toEqual(["ready", "wallet"]);
    await Promise.all([owners.cut(), strangers.cut()]);
  });

  test("a topic asks for its scope; the end of the key, or of the session, is the last that is told", async () => {
    const path = `/orgs/${owner.id}/keys`;
    const made = (await gate.call("POST", path, { name: "k", scopes: ["wallet:read"] }, owner.key)).body;
    const refused = await Listening.begin(gate, made.key, { query: "topics=wallet,logs" });
    expect([refused.status, JSON.parse(refused.body).code]).toEqual([403, "insufficient_scope"]);
    expect((await Listening.begin(gate, owner.key, { query: "topics=all" })).status).toBe(422);
    const held = await Listening.begin(node, made.key, { query: "topics=wallet" });
    const browser = await new Browser(gate).signIn(owner.key);
    const headers = { cookie: browser.cookie };
    const watched = await Listening.begin(node, undefined, { headers });
    expect(watched.status).toBe(200);
    const foreign = { ...headers, "sec-fetch-site": "cross-site" };
    expect((await Listening.begin(node, undefined, { headers: foreign })).status).toBe(403);
    await gate.call("DELETE", `${path}/${made.id}`, undefined, owner.key);
    await browser.call("DELETE", "/session");
    await Promise.all([held.until(() => held.isOver, 2_000), watched.until(() => watched.isOver, 2_000)]);
    expect(held.events.at(-1)).toMatchObject({ type: "error", data: { status: 401, code: "invalid_api_key" } });
    expect(watched.events.at(-1)).toMatchObject({ type: "error", data: { status: 401, code: "session_ended" } });
  });

  test("one organization has so many listeners, and others have theirs", async () => {
    const query = "topics=wallet";
    const crowd = await gate.createOrg("crowd", { rate_limit: 1e6, rate_burst: 1e6 });
    const all = await Promise.all(Array.from({ length: 50 }, () => Listening.begin(gate, crowd.key, { query })));
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200));
    expect((await Listening.begin(gate, crowd.key, { query })).status).toBe(429);
    // Who asks for the head alone has it, and no place.
    for (let n = 0; n < 60; n++) {
      const headers = { authorization: `Bearer ${owner.key}` };
      const head = await fetch(`${gate.url}/events?${query}`, { method: "HEAD", headers });
      expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    }
    const other = await Listening.begin(gate, owner.key, { query });
    expect(other.status).toBe(200);
    await Promise.all([...all, other].map((one) => one.cut()));
    await expect
      .poll(async () => {
        const again = await Listening.begin(gate, crowd.key, { query });
        await again.cut();
        return again.status;
      })
      .toBe(200);
  });
});
