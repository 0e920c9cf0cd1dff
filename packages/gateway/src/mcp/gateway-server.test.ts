import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";
import { mcpCalls } from "./testing/mcp-calls.ts";

/** All agents of a caller's at one address: which tools are listed to whom, found and called. */

const V = "dev.agentgate/";

describe.each(testEngines())("on %s", (engine) => {
  let gate: TestGateway;
  let other: TestGateway;
  let agent: TestAgent;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { mcpAnonymous: true });
    other = await gate.another();
    agent = await startAgent();
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });
  const here = mcpCalls(() => gate.url);
  const there = mcpCalls(() => other.url);
  const { call } = here;

  let made = 0;
  const org = async () => gate.createOrg(`org-${++made}-${Math.random()}`, { tier: "enterprise" });
  const skill = (id: string, more: object = {}) => ({ id, name: id, description: `Does ${id}.`, ...more });
  const register = (name: string, skills: object[], key: string, more: object = {}) =>
    gate.register({ name, url: agent.url, skills, ...more }, key);
  const namesOf = async (key: string | undefined, query = "", params: object = {}) => {
    const { frame } = await call(`/mcp${query}`, "tools/list", params, { key });
    return frame.result.tools.map(({ name }: any) => name) as string[];
  };

  test("an organization is listed its own agents' tools, in the order of their names", async () => {
    const { key } = await org();
    const { key: stranger } = await org();
    const beta = await register(`Beta ${made}`, [skill("write"), skill("read")], key);
    const alpha = await register(`Alpha ${made}`, [skill("run")], key, { visibility: "org" });
    const expected = [`${alpha.slug}__run`, `${beta.slug}__read`, `${beta.slug}__write`];
    expect(await namesOf(key)).toEqual(expected);
    expect(await namesOf(stranger)).toEqual([]);
    const { frame } = await call("/mcp", "tools/list", {}, { key });
    expect(frame.result).toMatchObject({ cacheScope: "private", ttlMs: 60_000 });
    const asked = { name: `${alpha.slug}__run`, arguments: { message: "hi" } };
    const said = await call("/mcp", "tools/call", asked, { key });
    expect(said.frame.result.content[0].text).toBe("Echo: hi");
    for (const name of [`${alpha.slug}__run`, `${beta.slug}__read`, "nobody__does"]) {
      const refused = await call("/mcp", "tools/call", { name, arguments: { message: "hi" } }, { key: stranger });
      expect(refused.frame.error.code).toBe(-32602);
    }
  });

  test("a toolset lists others' agents as well, and is known to every node", async () => {
    const owner = await org();
    const { id, key } = await org();
    const priced = await register(`Priced ${made}`, [skill("one"), skill("two")], owner.key, { price_per_task: 0.05 });
    const hidden = await register(`Hidden ${made}`, [skill("x")], owner.key, { visibility: "org" });
    const put = (body: unknown, shown = key) => gate.call("PUT", `/orgs/${id}/toolset`, body, shown);
    expect((await gate.call("GET", `/orgs/${id}/toolset`, undefined, key)).body).toEqual({ toolset: null });
    expect((await put([{ agent: priced.id, tools: ["two"] }])).status).toBe(200);
    expect(await namesOf(key)).toEqual([`${priced.slug}__two`]);
    await expect
      .poll(async () => (await there.call("/mcp", "tools/list", {}, { key })).frame.result.tools.length)
      .toBe(1);
    expect((await gate.call("GET", `/orgs/${id}/toolset`, undefined, key)).body).toEqual({
      toolset: [{ agent: priced.id, tools: ["two"] }],
    });
    expect((await put([{ agent: hidden.id }])).status).toBe(404);
    expect((await put([{ agent: priced.id }, { agent: priced.id }])).status).toBe(422);
    const many = Array.from({ length: 5 }, (_, agent) => ({
      agent: `00000000-0000-4000-8000-00000000000${agent}`,
      tools: Array.from({ length: 500 }, (_, tool) => `t${tool}`),
    }));
    expect((await put(many)).status).toBe(422);
    expect((await put([{ agent: priced.id }], owner.key)).status).toBe(403);
    await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
    const paid = await call(
      "/mcp",
      "tools/call",
      { name: `${priced.slug}__two`, arguments: { message: "x" } },
      { key },
    );
    expect(paid.frame.result._meta[`${V}receipt`].balance).toBe("0.95");
    const ungranted = { name: `${priced.slug}__one`, arguments: { message: "x" } };
    expect((await call("/mcp", "tools/call", ungranted, { key })).frame.error.code).toBe(-32602);
    const audited = async () =>
      (await gate.call("GET", `/orgs/${id}/audit`, undefined, key)).body.entries.filter(
        ({ action }: any) => action === "toolset.changed",
      );
    expect(await audited()).toHaveLength(1);

    const reset = () => gate.call("DELETE", `/orgs/${id}/toolset`, undefined, key);
    expect((await gate.call("DELETE", `/orgs/${id}/toolset`, undefined, owner.key)).status).toBe(403);
    expect((await reset()).status).toBe(204);
    expect((await reset()).status).toBe(204);
    expect((await gate.call("GET", `/orgs/${id}/toolset`, undefined, key)).body).toEqual({ toolset: null });
    expect(await namesOf(key)).toEqual([]);
    await expect
      .poll(async () => (await there.call("/mcp", "tools/list", {}, { key })).frame.result.tools.length, {
        timeout: 20_000,
      })
      .toBe(0);
    const [last, ...before] = await audited();
    expect(before).toHaveLength(1);
    expect(last.changes).toEqual([{ field: "toolset", before: [{ agent: priced.id, tools: ["two"] }], after: null }]);
  });

  test("the address narrows what is listed, and what is called", async () => {
    const { key } = await org();
    const a = await register(
      `A ${made}`,
      [skill("read", { annotations: { readOnlyHint: true } }), skill("write")],
      key,
    );
    const b = await register(`B ${made}`, [skill("run")], key);
    expect(await namesOf(key, `?agents=${a.slug}`)).toEqual([`${a.slug}__read`, `${a.slug}__write`]);
    expect(await namesOf(key, `?agents=${b.id},nobody`)).toEqual([`${b.slug}__run`]);
    expect(await namesOf(key, `?tools=${a.slug}__write,${b.slug}__run`)).toEqual([
      `${a.slug}__write`,
      `${b.slug}__run`,
    ]);
    expect(await namesOf(key, "?read_only=1")).toEqual([`${a.slug}__read`]);
    const asked = { name: `${a.slug}__write`, arguments: { message: "x" } };
    expect((await call("/mcp?read_only=1", "tools/call", asked, { key })).frame.error.code).toBe(-32602);
    expect((await call(`/mcp?agents=${b.slug}`, "tools/call", asked, { key })).frame.error.code).toBe(-32602);
    expect((await call("/mcp", "tools/call", asked, { key })).frame.result.isError).toBeUndefined();
  });

  test("beyond forty tools two find and call the others, as if they had been called themselves", async () => {
    const { id, key } = await org();
    await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
    const owner = await org();
    const skills = Array.from({ length: 45 }, (_, n) => skill(`task-${`${n}`.padStart(2, "0")}`, { price: n / 100 }));
    const many = await register(`Many ${made}`, skills, owner.key, { price_per_task: 1 });
    const put = (entries: unknown) => gate.call("PUT", `/orgs/${id}/toolset`, entries, key);
    await put([{ agent: many.id }]);
    expect(await namesOf(key)).toEqual(["agentgate__call_tool", "agentgate__search_tools"]);
    const search = async (args: object) =>
      (await call("/mcp", "tools/call", { name: "agentgate__search_tools", arguments: args }, { key })).frame.result;
    const found = await search({ query: "task-07" });
    expect(found.structuredContent.tools).toMatchObject([
      { name: `${many.slug}__task-07`, _meta: { [`${V}price`]: { amount: "0.07" } } },
    ]);
    expect((await search({ query: "does", limit: 20, max_price: 0.02 })).structuredContent.tools).toHaveLength(3);
    expect((await search({ query: "does", limit: 21 })).isError).toBe(true);
    const through = {
      name: "agentgate__call_tool",
      arguments: { name: `${many.slug}__task-07`, arguments: { message: "hi" } },
    };
    const called = await call("/mcp", "tools/call", through, { key });
    expect(called.frame.result.content[0].text).toBe("Echo: hi");
    expect(called.frame.result._meta[`${V}receipt`]).toMatchObject({ amount: "0.07", balance: "0.93" });
    const wrong = {
      name: "agentgate__call_tool",
      arguments: { name: `${many.slug}__task-07`, arguments: { text: "hi" } },
    };
    expect((await call("/mcp", "tools/call", wrong, { key })).frame.result.isError).toBe(true);
    const none = { name: "agentgate__call_tool", arguments: { name: "nobody__does" } };
    expect((await call("/mcp", "tools/call", none, { key })).frame.result.isError).toBe(true);
    await put([{ agent: many.id, tools: skills.map(({ id }) => id) }]);
    expect(await namesOf(key)).toHaveLength(42);
  });

  test("without a key the free agents that ask for none are listed; elsewhere nobody is", async () => {
    const { key } = await org();
    const free = await register(`Free ${made}`, [skill("x")], key);
    const asked = async (name: string) => here.call(`/mcp?tools=${name}`, "tools/list");
    expect((await asked(`${free.slug}__x`)).frame.result.tools).toHaveLength(1);
    const priced = await register(`Priced ${made}`, [skill("x")], key, { price_per_task: 0.01 });
    const keyed = await register(`Keyed ${made}`, [skill("x")], key, { agent_api_key: "a-key-of-its-own" });
    for (const { slug } of [priced, keyed]) expect((await asked(`${slug}__x`)).frame.result.tools).toEqual([]);
    const said = await here.call("/mcp", "tools/call", { name: `${free.slug}__x`, arguments: { message: "hi" } });
    expect(said.frame.result.content[0].text).toBe("Echo: hi");
    const closed = await gate.another({ mcpAnonymous: false });
    const { raw } = mcpCalls(() => closed.url);
    const refused = await raw("/mcp", "{");
    expect([refused.status, refused.frame.error.code]).toEqual([401, 401]);
  });

  test("the admin is listed all agents, and an agent is found by its slug", async () => {
    const { key } = await org();
    const registered = await register(`Slugged ${made}`, [skill("x")], key);
    const { frame } = await call(`/mcp?agents=${registered.slug}`, "tools/list", {}, { key: ADMIN_KEY });
    expect(frame.result.tools.map(({ name }: any) => name)).toEqual([`${registered.slug}__x`]);
    const listed = await call(`/agents/${registered.slug}/mcp`, "tools/list");
    expect(listed.frame.result.tools.map(({ name }: any) => name)).toEqual(["x"]);
  });

  test("pages go on where they ended, for their reader and this list alone", async () => {
    const { key } = await org();
    const { key: another } = await org();
    const skills = Array.from({ length: 120 }, (_, n) => skill(`s-${`${n}`.padStart(3, "0")}`));
    await register(`Long ${made}`, skills, key);
    const all = await gate.another({ mcpList: "all" });
    const { call: list } = mcpCalls(() => all.url);
    const first = await list("/mcp", "tools/list", {}, { key });
    expect(first.frame.result.tools).toHaveLength(100);
    const { nextCursor: cursor } = first.frame.result;
    const second = await list("/mcp", "tools/list", { cursor }, { key });
    expect(second.frame.result.tools).toHaveLength(20);
    expect((await list("/mcp", "tools/list", { cursor }, { key: another })).frame.error.code).toBe(-32602);
    expect((await list("/mcp?read_only=1", "tools/list", { cursor }, { key })).frame.error.code).toBe(-32602);
  });

  test("what no database can hold is found nowhere", async () => {
    const { key } = await org();
    await register(`Held ${made}`, [skill("held")], key);
    expect(await namesOf(key, "?agents=%00")).toEqual([]);
    expect(await namesOf(key, "?tools=%00")).toEqual([]);
    const inner = { name: "\0", arguments: {} };
    for (const [name, args] of [
      ["agentgate__search_tools", { query: "\0" }],
      ["agentgate__call_tool", inner],
    ] as const) {
      const { status } = await call("/mcp", "tools/call", { name, arguments: args }, { key });
      expect(status).toBe(200);
    }
    const headers = { "mcp-name": "=?base64?AA==?=" };
    expect((await call("/mcp", "tools/call", inner, { key, headers })).frame.error.code).toBe(-32602);
  });

  test.each(["search_tools", "call_tool"])("what nobody can judge is no question for agentgate__%s", async (name) => {
    const { key } = await org();
    for (const unread of ["\ud800", "a".repeat(300)]) {
      for (const given of [{ query: 5, limit: "x" }, { name: { a: 1 } }, { query: "tea", max_price: "x" }]) {
        const asked = { name: `agentgate__${name}`, arguments: { ...given, [unread]: 1 } };
        const { status, frame } = await call("/mcp", "tools/call", asked, { key });
        expect([status, frame.result?.isError]).toEqual([200, true]);
      }
    }
  });
});
