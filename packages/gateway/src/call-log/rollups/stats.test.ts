import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";

/** Priced so that the fee of a free tier is a whole number of micro-dollars. */
const PRICE = 0.1;

describe.each(testEngines())("statistics on %s", (engine) => {
  let gate: TestGateway;
  let node: TestGateway;
  let agent: TestAgent;
  let seller: { id: string; key: string };
  let buyer: { id: string; key: string };
  let free: string;
  let priced: string;
  beforeAll(async () => {
    agent = await startAgent(({ body }, response) => {
      response
        .writeHead(JSON.parse(body || "{}").fails ? 500 : 200, { "content-type": "application/json" })
        .end('{"ok":1}');
    });
    gate = await startTestGateway(engine);
    node = await gate.another();
    [seller, buyer] = [await gate.createOrg("seller"), await gate.createOrg("buyer")];
    free = (await gate.register({ name: "free", url: agent.url }, seller.key)).id;
    priced = (await gate.register({ name: "priced", url: agent.url, price_per_task: PRICE }, seller.key)).id;
    await gate.call("POST", `/orgs/${buyer.id}/topup`, { amount: 10 });
    const send = (by: TestGateway, id: string, fails: boolean, key: string | null) =>
      by.call("POST", `/agents/${id}/task`, { ...textTask("x"), fails }, key);
    await Promise.all([
      ...[0, 1, 2].map((n) => send([gate, node][n % 2]!, free, n === 2, null)),
      ...[0, 1, 2, 3].map((n) => send([gate, node][n % 2]!, priced, n === 3, buyer.key)),
    ]);
    // The other node's log is written.
    await node.call("GET", `/agents/${free}/usage`);
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });
  const ask = async (path: string, key?: string) => {
    const { status, body } = await gate.call("GET", path, undefined, key);
    expect([status, JSON.stringify(body)]).toEqual([200, expect.anything()]);
    return body;
  };
  const hoursAgo = (hours: number) => new Date(gate.clock.now() - hours * 3_600_000).toISOString();
  const total = (points: any[]) => {
    const sum = (name: string) => points.reduce((all, point) => all + Math.round(point[name] * 1e6), 0) / 1e6;
    return { ok: sum("ok"), error: sum("error"), spent: sum("spent"), earned: sum("earned") };
  };

  test("a series tells what came of the calls, to the last one, and what they took", async () => {
    const own = await ask("/stats/series", seller.key);
    expect(own.step).toBe(300);
    expect(own.points).toHaveLength(Math.round((Date.parse(own.to) - Date.parse(own.from)) / 300_000));
    expect(total(own.points)).toMatchObject({ ok: 5, error: 2 });
    const { t, unfinished, ...last } = own.points.findLast(({ ok }: any) => ok > 0);
    expect(last.p50).toBeGreaterThan(0);
    expect(last.gateway_p50).toBeGreaterThan(0);
    expect(last.p50).toBeLessThanOrEqual(last.p95);
    expect(last.p95).toBeLessThanOrEqual(last.p99);
    expect(Date.parse(t) % 300_000).toBe(0);
    expect(unfinished).toBe(Date.parse(t) + 300_000 > gate.clock.now());
    expect(own.points[0]).toMatchObject({ ok: 0, p50: null, unfinished: false });
    expect(total((await ask(`/stats/series?step=60&from=${hoursAgo(2)}`)).points)).toMatchObject({ ok: 5, error: 2 });
  });

  test("a heat map tells how many calls of each span took how long", async () => {
    const { points, heat } = await ask("/stats/series?heat=true", seller.key);
    expect(heat.bounds_ms.length).toBeGreaterThan(0);
    expect(heat.bounds_ms).toEqual(heat.bounds_ms.toSorted((a: number, b: number) => a - b));
    const counted = heat.counts.map((rows: number[]) => rows.reduce((sum, count) => sum + count, 0));
    expect(counted).toEqual(points.map(({ ok, error }: any) => ok + error));
    expect(new Set(heat.counts.map((rows: number[]) => rows.length))).toEqual(new Set([heat.bounds_ms.length]));
    expect((await ask("/stats/series", seller.key)).heat).toBeUndefined();
  });

  test("each organization has its own calls alone, as owner or payer; the admin has all, or one's", async () => {
    const series = async (query: string, key?: string) => total((await ask(`/stats/series?${query}`, key)).points);
    expect(await series("role=payer", buyer.key)).toEqual({ ok: 3, error: 1, spent: 0.3, earned: 0.291 });
    expect(await series("", buyer.key)).toMatchObject({ ok: 0, error: 0 });
    expect(await series("role=payer", seller.key)).toMatchObject({ ok: 0, error: 0 });
    expect(await series("")).toEqual({ ok: 5, error: 2, spent: 0.3, earned: 0.291 });
    expect(await series(`org_id=${buyer.id}&role=payer`)).toMatchObject({ ok: 3, error: 1 });
    expect(await series(`agent_id=${free}`, seller.key)).toMatchObject({ ok: 2, error: 1 });
    expect(await series(`agent_id=${free}&role=payer`, buyer.key)).toMatchObject({ ok: 0, error: 0 });
    expect(await series(`agent_id=${free},${priced}&role=payer`, buyer.key)).toMatchObject({ ok: 3, error: 1 });
    for (const path of ["series?", "top?by=agent&"]) {
      const refused = await gate.call("GET", `/stats/${path}org_id=${seller.id}`, undefined, buyer.key);
      expect([refused.status, refused.body.detail]).toEqual([403, "Access denied to this organization"]);
      const foreign = await gate.call("GET", `/stats/${path}agent_id=${free}`, undefined, buyer.key);
      expect([path, foreign.status]).toEqual([path, 403]);
      expect((await gate.call("GET", `/stats/${path}`, undefined, null)).status).toBe(401);
    }
  });

  test("a key for some agents sees what concerns these alone", async () => {
    const fields = { name: "k", scopes: ["usage:read"], agents: [free] };
    const keyOf = async (org: { id: string; key: string }) =>
      (await gate.call("POST", `/orgs/${org.id}/keys`, fields, org.key)).body.key;
    const [ofSeller, ofBuyer] = [await keyOf(seller), await keyOf(buyer)];
    expect(total((await ask("/stats/series", ofSeller)).points)).toMatchObject({ ok: 2, error: 1 });
    expect(total((await ask("/stats/series", ofBuyer)).points)).toMatchObject({ ok: 0, error: 0 });
    expect(total((await ask("/stats/series?role=payer", ofBuyer)).points)).toMatchObject({ ok: 0, error: 0 });
    expect((await gate.call("GET", `/stats/series?agent_id=${priced}`, undefined, ofSeller)).status).toBe(403);
    expect((await ask("/stats/top?by=agent", ofSeller)).entries).toMatchObject([{ key: free, name: "free" }]);
  });

  test("the largest parts are told with their sums, and over time", async () => {
    const agents = await ask("/stats/top?by=agent", seller.key);
    expect(agents.entries).toMatchObject([
      { key: priced, name: "priced", ok: 3, error: 1, spent: 0.3, earned: 0.291 },
      { key: free, name: "free", ok: 2, error: 1 },
    ]);
    expect(agents.all).toMatchObject({ ok: 5, error: 2 });
    const errors = await ask("/stats/top?by=error", seller.key);
    expect(errors.entries).toMatchObject([{ key: "http_500", name: null, ok: 0, error: 2 }]);
    expect((await ask("/stats/top?by=payer", seller.key)).entries).toMatchObject([{ key: buyer.id, ok: 3, error: 1 }]);
    const { parts, step } = await ask("/stats/series?by=agent", seller.key);
    expect([step, parts.map((part: any) => [part.key, total(part.points).ok])]).toEqual([
      3600,
      [
        [priced, 3],
        [free, 2],
        [null, 0],
      ],
    ]);
  });

  test("everybody may know how an agent does, and the gateway", async () => {
    const of = async (id: string, query = "") =>
      (await gate.call("GET", `/agents/${id}/stats${query}`, undefined, null)).body;
    await expect.poll(async () => (await of(free)).days.at(-1).checks).toBeGreaterThan(0);
    const { days, ...told } = await of(free);
    expect(told).toMatchObject({ calls_30d: 3, success_30d: 2 / 3, p50_ms: expect.any(Number) });
    expect(Date.parse(told.last_success_at)).toBeGreaterThan(Date.parse(told.since));
    const today = gate.clock.today();
    expect([days.length, days.at(-1)]).toEqual([30, { day: today, checks: 1, failed: 0, calls: 3, errors: 1 }]);
    expect((await of(priced, "?days=1")).days).toMatchObject([{ day: today, calls: 4, errors: 1 }]);
    const unused = await gate.register({ name: "unused", url: agent.url }, seller.key);
    expect(await of(unused.id)).toMatchObject({
      ...{ calls_30d: 0, success_30d: null, p50_ms: null, p95_ms: null, last_success_at: null },
    });
    expect((await gate.call("GET", `/agents/${buyer.id}/stats`, undefined, null)).status).toBe(404);
    const hidden = (await gate.register({ name: "hidden", url: agent.url, visibility: "org" }, seller.key)).id;
    expect((await gate.call("POST", `/agents/${hidden}/task`, textTask("x"), seller.key)).status).toBe(200);
    const shown = (key: string | null) => gate.call("GET", `/agents/${hidden}/stats`, undefined, key);
    await expect.poll(async () => (await shown(seller.key)).body.calls_30d).toBe(1);
    for (const key of [buyer.key, null]) expect((await shown(key)).status).toBe(404);
    const { status, body } = await gate.call("GET", "/stats/public", undefined, null);
    expect([status, body]).toMatchObject([200, { agents: 3, calls_24h: 7, success_24h: 5 / 7 }]);
  });

  test("of an agent that one does not see any more no name is told", async () => {
    const hidden = { name: "renamed", visibility: "org" };
    expect((await gate.call("PUT", `/agents/${priced}`, hidden, seller.key)).status).toBe(200);
    const named = async (role: string, key: string) => [
      (await ask(`/stats/top?by=agent&role=${role}`, key)).entries,
      (await ask(`/stats/series?by=agent&role=${role}`, key)).parts,
      (await ask(`/logs/facets?role=${role}`, key)).agent.map(({ value, ...rest }: any) => ({ key: value, ...rest })),
    ];
    for (const [role, key, name] of [
      ["payer", buyer.key, null],
      ["owner", seller.key, "renamed"],
    ] as const) {
      for (const entries of await named(role, key))
        expect(entries.find((entry: any) => entry.key === priced)).toMatchObject({ name });
    }
  });

  test("the time before is told beside it, and a wrong range is refused", async () => {
    gate.clock.skip(3 * 86_400_000);
    const from = hoursAgo(24);
    const { points, previous } = await ask(`/stats/series?from=${from}&compare=true`, seller.key);
    expect([total(points).ok, previous.points.length]).toEqual([0, points.length]);
    expect(previous.to).toBe(points[0].t);
    const { step } = await ask(`/stats/series?step=60&from=${hoursAgo(72)}`);
    expect(step).toBe(3600);
    for (const query of [
      `from=${from}&to=${from}`,
      "from=yesterday",
      "step=7",
      "by=moon",
      "agent_id=x",
      "from=2020-01-01T00:00:00Z",
    ]) {
      const { status, body } = await gate.call("GET", `/stats/series?${query}`);
      expect([query, status, body.detail?.[0]?.loc?.[0]]).toEqual([query, 422, "query"]);
    }
  });
});
