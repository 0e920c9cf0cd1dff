import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../../testing/index.ts";

/** The log over HTTP: what one finds, and that nobody finds what is another's. */
describe.each(testEngines())("the log over HTTP on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  const orgs = { owner: { id: "", key: "" }, payer: { id: "", key: "" }, stranger: { id: "", key: "" } };
  const agents = { priced: "", free: "", strangers: "" };
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    agent = await startAgent(({ body }, response) => {
      if (body.includes("fail")) return response.writeHead(500).end("{}");
      return response.end(JSON.stringify({ ok: true }));
    });
    for (const name of Object.keys(orgs) as (keyof typeof orgs)[]) orgs[name] = await gate.createOrg(name);
    const register = async (fields: object, key: string) =>
      (await gate.register({ url: agent.url, ...fields }, key)).id;
    agents.priced = await register({ name: "=priced()", price_per_task: 0.25 }, orgs.owner.key);
    agents.free = await register({ name: "free" }, orgs.owner.key);
    agents.strangers = await register({ name: "strangers" }, orgs.stranger.key);
    await gate.call("POST", `/orgs/${orgs.payer.id}/topup`, { amount: 100 });
    const endpoint = { url: `${agent.url}/hook`, events: ["task.completed"] };
    expect((await gate.call("POST", "/webhooks/endpoints", endpoint, orgs.owner.key)).status).toBe(201);
    for (const [to, task, key] of [
      ["priced", textTask("a", "t-1"), orgs.payer.key],
      ["priced", textTask("fail", "t-2"), orgs.payer.key],
      ["free", textTask("b", "t-3"), null],
      ["free", textTask("fail", "=cmd|' /C calc'!A0"), null],
      ["strangers", textTask("c", "t-1"), null],
    ] as const) {
      await gate.call("POST", `/agents/${agents[to]}/task`, task, key);
    }
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const logs = async (query: string, key?: string) => {
    const { status, body } = await gate.call("GET", `/logs${query}`, undefined, key);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const tasks = async (query: string, key?: string) =>
    (await logs(query, key)).entries.map((entry: any) => entry.task_id);

  test("an organization finds the calls to its agents and those that it paid for, the admin all", async () => {
    const cmd = "=cmd|' /C calc'!A0";
    expect(await tasks("", orgs.owner.key)).toEqual([cmd, "t-3", "t-2", "t-1"]);
    expect(await tasks("?role=payer", orgs.owner.key)).toEqual([]);
    expect(await tasks("?role=payer", orgs.payer.key)).toEqual(["t-2", "t-1"]);
    expect(await tasks("", orgs.payer.key)).toEqual([]);
    expect(await tasks("", orgs.stranger.key)).toEqual(["t-1"]);
    expect(await tasks("")).toEqual(["t-1", cmd, "t-3", "t-2", "t-1"]);
    expect(await tasks(`?org_id=${orgs.payer.id}&role=payer`)).toEqual(["t-2", "t-1"]);
    for (const other of [`org_id=${orgs.owner.id}`, `org_id=${orgs.payer.id}&role=payer`]) {
      expect((await gate.call("GET", `/logs?${other}`, undefined, orgs.stranger.key)).status).toBe(403);
    }
    // Another's agents, payers and calls are found by no filter.
    for (const filter of [`agent_id=${agents.free}`, `payer_org_id=${orgs.payer.id}`, "task_id=t-3"]) {
      for (const role of ["owner", "payer"])
        expect(await tasks(`?role=${role}&${filter}`, orgs.stranger.key)).toEqual([]);
    }
    expect((await gate.call("GET", "/logs", undefined, null)).status).toBe(401);
  });

  test("by filters, page by page", async () => {
    const key = orgs.owner.key;
    expect(await tasks(`?agent_id=${agents.priced}&agent_id=${agents.strangers}`, key)).toEqual(["t-2", "t-1"]);
    expect(await tasks("?status=error&error=http_500,timeout&entrance=rest", key)).toHaveLength(2);
    expect(await tasks("?status=success&task_id=t-3", key)).toEqual(["t-3"]);
    expect(await tasks("?caller_ip=::ffff:127.0.0.1", key)).toHaveLength(4);
    expect(await tasks("?latency_min=60000", key)).toEqual([]);
    expect(await tasks(`?not_agent_id=${agents.priced}&not_error=timeout,http_500`, key)).toEqual(["t-3"]);
    expect(await tasks(`?not_payer_org_id=${orgs.payer.id}&status=success`, key)).toEqual(["t-3"]);
    expect(await tasks("?not_entrance=rest", key)).toEqual([]);
    expect(await tasks(`?agent_id=${agents.free}&not_agent_id=${agents.free}`, key)).toEqual([]);
    expect((await logs(`/facets?not_error=http_500`, key)).error).toEqual([]);
    expect(await tasks("?from=2999-01-01T00:00:00Z", key)).toEqual([]);
    const found: string[] = [];
    for (let before = ""; ; ) {
      const { entries, next, searched_to } = await logs(`?limit=1${before}`, key);
      expect(searched_to).toBeNull();
      found.push(...entries.map(({ id }: any) => id));
      if (next === null) break;
      before = `&before=${next}`;
    }
    expect(new Set(found).size).toBe(4);
    const [{ trace_id, request_id, id }] = (await logs("?task_id=t-1", key)).entries;
    for (const filter of [`trace_id=${trace_id}`, `request_id=${request_id}`]) {
      expect((await logs(`?${filter}`, key)).entries.map((entry: any) => entry.id)).toEqual([id]);
    }
    for (const wrong of [
      "before=1",
      "limit=501",
      "trace_id=x",
      "status=none",
      "not_entrance=window",
      "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
    ]) {
      expect((await gate.call("GET", `/logs?${wrong}`, undefined, key)).status, wrong).toBe(422);
    }
  });

  test("one call with its time, its payment, its webhooks and what its agent called", async () => {
    const [paid] = (await logs("?task_id=t-1", orgs.owner.key)).entries;
    await fetch(`${gate.url}/agents/${agents.strangers}/task`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-agentgate-chain": `${agents.priced}:${paid.id}` },
      body: JSON.stringify(textTask("child", "child")),
    });
    const of = async (key?: string) => (await gate.call("GET", `/logs/${paid.id}`, undefined, key)).body;
    const owners = await of(orgs.owner.key);
    expect(owners).toMatchObject(paid);
    expect(owners.timing.map(({ name }: any) => name)).toEqual(["admit", "reserve", "wait", "receive"]);
    const ends = owners.timing.map(({ start_ms, ms }: any) => start_ms + ms);
    expect(owners.timing.slice(1).map(({ start_ms }: any) => start_ms)).toEqual(
      ends.slice(0, -1).map((end: number) => expect.closeTo(end, 3)),
    );
    expect(owners.transaction).toMatchObject({ id: paid.transaction_id, amount: 0.25, payer_org_id: orgs.payer.id });
    expect(owners.deliveries).toMatchObject([{ event: "task.completed" }]);
    expect(owners.children).toEqual([]);
    expect((await of(orgs.payer.key)).deliveries).toEqual([]);
    expect((await of()).children).toMatchObject([{ task_id: "child", parent_id: paid.id }]);
    expect((await gate.call("GET", `/logs/${paid.id}`, undefined, orgs.stranger.key)).status).toBe(404);
    const [failed] = (await logs("?task_id=t-2", orgs.owner.key)).entries;
    const { body } = await gate.call("GET", `/logs/${failed.id}`, undefined, orgs.payer.key);
    expect(body).toMatchObject({ transaction: null, price: 0, deliveries: [], error_detail: "http_500" });
    const [free] = (await logs("?task_id=t-3", orgs.owner.key)).entries;
    expect((await gate.call("GET", `/logs/${free.id}`, undefined, orgs.owner.key)).body.timing).toHaveLength(3);
  });

  test("with a key for some agents those of these alone, and with a key for something else none", async () => {
    const key = async (fields: object) =>
      (await gate.call("POST", `/orgs/${orgs.owner.id}/keys`, { name: "k", ...fields }, orgs.owner.key)).body.key;
    const bound = await key({ scopes: ["logs:read"], agents: [agents.free] });
    expect(await tasks("", bound)).toEqual(["=cmd|' /C calc'!A0", "t-3"]);
    expect((await gate.call("GET", `/logs?agent_id=${agents.priced}`, undefined, bound)).status).toBe(403);
    const [paid] = (await logs("?task_id=t-1", orgs.owner.key)).entries;
    expect((await gate.call("GET", `/logs/${paid.id}`, undefined, bound)).status).toBe(404);
    expect((await logs("/facets", bound)).agent).toMatchObject([{ value: agents.free, count: 2 }]);
    expect((await gate.call("GET", "/logs", undefined, await key({ scopes: ["usage:read"] }))).status).toBe(403);
  });

  test("a key that was made for something is its organization's to know, not the agent's owner's", async () => {
    const made = (await gate.call("POST", `/orgs/${orgs.payer.id}/keys`, { name: "k", scopes: ["*"] }, orgs.payer.key))
      .body;
    await gate.call("POST", `/agents/${agents.priced}/task`, textTask("x", "keyed"), made.key);
    const keyOf = async (query: string, by?: string) =>
      (await logs(`${query}&task_id=keyed`, by)).entries.map((entry: any) => entry.key_id);
    expect(await keyOf("?role=payer", orgs.payer.key)).toEqual([made.id]);
    expect(await keyOf("?role=owner", orgs.owner.key)).toEqual([null]);
    expect(await keyOf(`?role=owner&key_id=${made.id}`, orgs.owner.key)).toEqual([]);
    expect(await keyOf(`?role=payer&key_id=${made.id}`, orgs.payer.key)).toEqual([made.id]);
    expect(
      (await gate.call("GET", `/agents/${agents.priced}/logs?limit=1`, undefined, orgs.owner.key)).body[0].key_id,
    ).toBeNull();
  });

  test("by the skill that tasks named", async () => {
    const key = orgs.owner.key;
    const task = textTask("s", "skilled");
    const message = { ...task.message, metadata: { "dev.agentgate/skill": "sum" } };
    const skilled = { ...task, message };
    await gate.call("PUT", `/agents/${agents.free}`, { skills: [{ id: "sum", name: "Sum" }] }, key);
    expect((await gate.call("POST", `/agents/${agents.free}/task`, skilled, null)).status).toBe(200);
    expect(await tasks("?skill=other,sum", key)).toEqual(["skilled"]);
    expect(await tasks("?skill=other", key)).toEqual([]);
    expect(await tasks("?skill=sum", orgs.stranger.key)).toEqual([]);
    expect(await tasks(`?agent_id=${agents.free}&not_skill=sum`, key)).not.toContain("skilled");
    expect((await logs("/facets?task_id=skilled", key)).skill).toEqual([{ value: "sum", count: 1 }]);
    const csv = await fetch(`${gate.url}/logs?format=csv&skill=sum`, { headers: { authorization: `Bearer ${key}` } });
    expect((await csv.text()).trimEnd().split(/\r?\n/)).toHaveLength(2);
  });

  test("counted over time and by what calls have in common", async () => {
    const key = orgs.owner.key;
    const { buckets, step_ms, searched_to } = await logs("/histogram?status=error", key);
    expect(buckets.length).toBeLessThanOrEqual(120);
    expect([step_ms * buckets.length >= 86_400_000, searched_to]).toEqual([true, null]);
    expect(buckets.reduce((sum: number, { error }: any) => sum + error, 0)).toBe(2);
    const facets = await logs("/facets?task_id=t-2", key);
    expect(facets).toMatchObject({
      ...{ status: [{ value: "error", count: 1 }], error: [{ value: "http_500", count: 1 }] },
      agent: [{ value: agents.priced, count: 1, name: "=priced()" }],
      payer: [{ value: orgs.payer.id, count: 1 }],
    });
  });

  test("exported whole, as lines of JSON or of CSV that no spreadsheet runs", async () => {
    const lines = async (format: string, key: string) => {
      const response = await fetch(`${gate.url}/logs?format=${format}&to=2999-01-01T00:00:00Z`, {
        headers: { authorization: `Bearer ${key}` },
      });
      expect(response.headers.get("content-disposition")).toContain(`calls.${format}`);
      return (await response.text()).trimEnd().split(/\r?\n/);
    };
    const json = (await lines("ndjson", orgs.owner.key)).map((line) => JSON.parse(line));
    expect(json).toEqual((await logs("", orgs.owner.key)).entries);
    const [head, ...csv] = await lines("csv", orgs.owner.key);
    expect(head).toMatch(/^created_at,id,/);
    expect(csv).toHaveLength(json.length);
    for (const line of csv) expect(line).not.toMatch(/(?:^|,)"?[=+@]/);
    expect(csv.join()).toContain("'=priced()");
    expect(csv.some((line) => line.includes(",0.25,"))).toBe(true);
    expect(await lines("ndjson", orgs.payer.key)).toEqual([""]);
  });
});
