import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { textMessage } from "./testing/calls.ts";
import { type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** Whose tasks the list shows, and in which order; each caller asks for every page. */
describe.each(testEngines())("the list of tasks on %s", (engine) => {
  let gate: TestGateway;
  let agent: RawAgent;
  let seller: { id: string; key: string };
  let buyer: { id: string; key: string };
  let stranger: { id: string; key: string };
  let agentId: string;
  /** What the agent says of the next task. */
  let next: { id: string; contextId: string; state: string; at: string };

  beforeEach(async () => {
    gate = await startTestGateway(engine);
    agent = await startRawAgent(({ body }, response) => {
      const { id, contextId, state, at } = next;
      const task = { id, contextId, status: { state, timestamp: at } };
      response.setHeader("content-type", "application/json");
      response.end(rpcResult(body.id, JSON.stringify({ task })));
    });
    [seller, buyer, stranger] = [
      await gate.createOrg("Seller"),
      await gate.createOrg("Buyer"),
      await gate.createOrg("Stranger"),
    ];
    agentId = (await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` }, seller.key)).id;
  });
  afterEach(async () => {
    await gate.close();
    await agent.close();
  });

  const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
  async function send(task: Partial<typeof next>, key: string | null, id = agentId) {
    next = { id: "t", contextId: "c", state: "TASK_STATE_COMPLETED", at: at(0), ...task };
    const { status } = await gate.call("POST", `/agents/${id}/message:send`, textMessage(), key);
    expect(status).toBe(200);
  }
  const list = async (query: string, key: string | null) => gate.call("GET", `/tasks${query}`, undefined, key);
  const named = ({ body }: { body: any }) => body.entries.map(({ task_id }: any) => task_id);

  test("owners see the tasks at their agents, payers their own, strangers none; newest first, in pages", async () => {
    for (let second = 0; second < 5; second++) await send({ id: `b${second}`, at: at(second) }, buyer.key);
    await send({ id: "own", contextId: "", at: at(9), state: "TASK_STATE_WORKING" }, seller.key);
    await send({ id: "nobody's", at: at(8) }, null);
    expect(named(await list("", seller.key))).toEqual(["own", "nobody's", "b4", "b3", "b2", "b1", "b0"]);
    expect(named(await list("?role=payer", seller.key))).toEqual(["own"]);
    expect(named(await list("", buyer.key))).toEqual([]);
    expect(named(await list("?role=payer", buyer.key))).toEqual(["b4", "b3", "b2", "b1", "b0"]);
    expect([await list("", stranger.key), await list("?role=payer", stranger.key)].map(named)).toEqual([[], []]);
    expect((await list("", null)).status).toBe(401);
    expect((await list(`?org_id=${seller.id}`, buyer.key)).status).toBe(403);
    expect(named(await list(`?org_id=${buyer.id}&role=payer&limit=1`, undefined as never))).toEqual(["b4"]);

    const [first] = (await list("?limit=1", seller.key)).body.entries;
    expect(first).toEqual({
      agent_id: agentId,
      agent_name: "raw agent",
      task_id: "own",
      context_id: null,
      state: "TASK_STATE_WORKING",
      status_at: at(9),
      org_id: seller.id,
      payer_org_id: seller.id,
    });
    const pages: string[] = [];
    for (let query = "?role=payer&limit=2"; ; ) {
      const page = await list(query, buyer.key);
      pages.push(named(page).join());
      if (page.body.next === null) break;
      query = `?role=payer&limit=2&before=${encodeURIComponent(page.body.next)}`;
    }
    expect(pages).toEqual(["b4,b3", "b2,b1", "b0"]);
  });

  test("of one moment each is told once, and filters hold together", async () => {
    for (let n = 0; n < 6; n++) {
      const state = n % 2 ? "TASK_STATE_FAILED" : "TASK_STATE_COMPLETED";
      await send({ id: `s${n}`, contextId: n < 3 ? "one" : "two", state }, buyer.key);
    }
    const seen = new Set<string>();
    for (let before = ""; ; ) {
      const { body } = await list(`?role=payer&limit=2${before}`, buyer.key);
      for (const { task_id } of body.entries) seen.add(task_id);
      if (body.next === null) break;
      before = `&before=${encodeURIComponent(body.next)}`;
    }
    expect([...seen].sort()).toEqual(["s0", "s1", "s2", "s3", "s4", "s5"]);
    const failed = `?agent_id=${agentId}&context_id=one&state=TASK_STATE_FAILED`;
    expect(named(await list(failed, seller.key))).toEqual(["s1"]);
    expect(named(await list("?state=TASK_STATE_FAILED,TASK_STATE_WORKING&context_id=two", seller.key)).sort()).toEqual([
      "s3",
      "s5",
    ]);
    expect(named(await list(`?agent_id=${agentId}&task_id=s4`, seller.key))).toEqual(["s4"]);
    expect(named(await list(`?agent_id=${agentId}&task_id=s4`, stranger.key))).toEqual([]);
    expect(named(await list(`?agent_id=${agentId}&task_id=s4&role=payer`, seller.key))).toEqual([]);
    for (const wrong of ["?state=DONE", "?before=x", "?limit=0", "?limit=201", "?agent_id=x", "?role=admin"]) {
      expect([wrong, (await list(wrong, seller.key)).status]).toEqual([wrong, 422]);
    }
  });

  test("a key for some agents shows the tasks of these alone; one without the scope none", async () => {
    const other = (await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` }, seller.key)).id;
    await send({ id: "here" }, buyer.key);
    await send({ id: "there" }, buyer.key, other);
    const keyFor = async (scopes: string[], agents: string[] | null) =>
      (await gate.call("POST", `/orgs/${seller.id}/keys`, { name: "k", scopes, agents }, seller.key)).body.key;
    const bounded = await keyFor(["tasks:read"], [other]);
    expect(named(await list("", bounded))).toEqual(["there"]);
    expect((await list(`?agent_id=${agentId}`, bounded)).body.code).toBe("agent_not_allowed");
    expect((await list("", await keyFor(["tasks:call"], null))).status).toBe(403);
  });

  test("whose it was stays with a task when its agent is gone or shown no more, and no name is told then", async () => {
    await send({ id: "kept" }, buyer.key);
    await gate.call("PUT", `/agents/${agentId}`, { visibility: "org" }, seller.key);
    expect((await list("?role=payer", buyer.key)).body.entries[0]).toMatchObject({ task_id: "kept", agent_name: null });
    await gate.call("DELETE", `/agents/${agentId}`, undefined, seller.key);
    expect((await list("", seller.key)).body.entries[0]).toMatchObject({ task_id: "kept", agent_name: null });
  });

  test("where an agent stands at the root of the host, the list stands below /agents", async () => {
    await send({ id: "rooted" }, buyer.key);
    const node = await gate.another({ rootAgent: agentId });
    const { body } = await node.call("GET", "/agents/tasks?role=payer", undefined, buyer.key);
    expect(named({ body })).toEqual(["rooted"]);
    expect((await node.call("GET", "/tasks", undefined, buyer.key)).body).toMatchObject({ totalSize: 1 });
  });
});
