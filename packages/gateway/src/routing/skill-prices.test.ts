import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { cardOf, rpcResult, startRawAgent } from "../a2a/testing/raw-agent.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";

const SKILL = "dev.agentgate/skill";
const SKILLS = [{ id: "translate" }, { id: "sum", name: "Sum" }, { id: "Größe 50%" }, { id: "free" }];
const PRICES = { translate: 0.05, sum: 0.000001, "Größe 50%": 0.02, free: 0 };
const PRICE = 0.25;

describe.each(testEngines())("a task of a skill on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let example: ExampleAgent;
  let owner: { id: string; key: string };
  let payer: { id: string; key: string };
  let id: string;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { topup: "open" });
    agent = await startAgent();
    example = await serveExampleAgent();
    owner = await gate.createOrg("owner", { tier: "enterprise", rate_limit: 1e6, rate_burst: 1e6 });
    payer = await gate.createOrg("payer", { tier: "enterprise", rate_limit: 1e6, rate_burst: 1e6 });
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1000 });
    const fields = { name: "shop", url: agent.url, skills: SKILLS, prices: PRICES, price_per_task: PRICE };
    id = (await gate.register(fields, owner.key)).id;
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
    await example.close();
  });
  beforeEach(() => void agent.received.splice(0));

  const taskOf = (skill?: unknown, more: object = {}) => ({
    id: "t",
    message: { parts: [{ type: "text", text: "hi" }], ...(skill !== undefined && { metadata: { [SKILL]: skill } }) },
    ...more,
  });
  const send = async (task: unknown, { key = payer.key as string | null, agentId = id, headers = {} } = {}) => {
    const response = await fetch(`${gate.url}/agents/${agentId}/task`, {
      method: "POST",
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        "content-type": "application/json",
        ...headers,
      },
      body: typeof task === "string" ? task : JSON.stringify(task),
    });
    return { status: response.status, body: (await response.json()) as any };
  };
  const balance = async (org = payer) => (await gate.call("GET", `/orgs/${org.id}/wallet`)).body.balance;
  /** What the work took of the payer's wallet, in micro-dollars. */
  const spentBy = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await balance();
    await work();
    await expect.poll(async () => (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body.held).toBe(0);
    return Math.round((before - (await balance())) * 1e6);
  };
  const lastCall = async (agentId = id) => (await gate.call("GET", `/agents/${agentId}/logs?limit=1`)).body[0];

  test("costs what the skill does; one that names none, or an unpriced one, what the agent does", async () => {
    const { body } = await send(taskOf("translate"));
    expect(body.ucp).toMatchObject({ price_per_task: 0.05, skill: "translate", agent_id: id });
    expect(agent.received[0]!.headers["x-agentgate-skill"]).toBe("translate");
    await expect.poll(() => lastCall()).toMatchObject({ price: 0.05, skill: "translate" });
    expect(await spentBy(() => send(taskOf("translate")))).toBe(50_000);
    expect(await spentBy(() => send(taskOf("sum")))).toBe(1);
    expect(await spentBy(() => send(taskOf()))).toBe(250_000);
    expect(agent.received.at(-1)!.headers).not.toHaveProperty("x-agentgate-skill");
    await expect.poll(() => lastCall()).toMatchObject({ price: 0.25, skill: null });
    expect(await spentBy(() => send(taskOf("Größe 50%")))).toBe(20_000);
    expect(agent.received.at(-1)!.headers["x-agentgate-skill"]).toBe("Gr%C3%B6%C3%9Fe%2050%25");
    const [paid] = (await gate.call("GET", `/orgs/${payer.id}/transactions?limit=1`)).body;
    expect(paid).toMatchObject({ amount: 0.02 });
    // The owner pays the fee of the skill's price alone.
    const own = await send(taskOf("translate"), { key: owner.key });
    expect(own.body.ucp.price_per_task).toBe(0.05);
  });

  test("a skill that costs nothing needs no payer, and its answer is the agent's own", async () => {
    const { status, body } = await send(taskOf("free"), { key: null });
    expect([status, body.ucp, body.status.state]).toEqual([200, undefined, "completed"]);
    expect(agent.received[0]!.headers["x-agentgate-skill"]).toBe("free");
  });

  test("who lacks money, or shows no key, is told what it would cost", async () => {
    const poor = await gate.createOrg("poor");
    expect(await send(taskOf("translate"), { key: poor.key })).toMatchObject({
      status: 402,
      body: {
        detail: "Insufficient balance: 0.0000 < 0.0500 (agent: shop)",
        price: 0.05,
        currency: "USD",
        skill: "translate",
      },
    });
    const none = await send(taskOf(), { key: null });
    expect(none).toMatchObject({ status: 402, body: { price: 0.25, currency: "USD" } });
    expect(none.body).not.toHaveProperty("skill");
    expect(agent.received).toEqual([]);
  });

  test.each<[unknown, RegExp]>([
    [taskOf("smu"), /Agent shop has no skill smu; it has translate, sum/],
    [taskOf(5), /as text/],
    [taskOf({ id: "sum" }), /as text/],
    [taskOf("__proto__"), /no skill __proto__/],
    [taskOf("sum", { metadata: { [SKILL]: "translate" } }), /two skills/],
  ])("%j is refused before anything is put aside or sent", async (task, sentence) => {
    let told: { status: number; body: any } | undefined;
    const refused = async () => {
      told = await send(task);
    };
    expect(await spentBy(refused)).toBe(0);
    expect(told).toMatchObject({ status: 422, body: { detail: [{ loc: ["body", "message", "metadata", SKILL] }] } });
    expect(told!.body.detail[0].msg).toMatch(sentence);
    expect(agent.received).toEqual([]);
  });

  test("an agent that prices none of its skills may be asked for one all the same, and for no other", async () => {
    const plain = (await gate.register({ name: "unpriced", url: agent.url, skills: [{ id: "a" }] }, owner.key)).id;
    expect((await send(taskOf("a"), { agentId: plain })).status).toBe(200);
    expect(agent.received[0]!.headers["x-agentgate-skill"]).toBe("a");
    expect((await send(taskOf("b"), { agentId: plain })).status).toBe(422);
    expect((await send(taskOf(null), { agentId: plain })).status).toBe(200);
    expect((await send({ message: "hi", metadata: "none" }, { agentId: plain })).status).toBe(200);
  });

  test("no caller can say another skill to the agent than the one that it pays for", async () => {
    const forged = `{"message":{"metadata":{"${SKILL}":"translate"},"parts":[],"metadata":{"${SKILL}":"sum"}}}`;
    expect(await spentBy(() => send(forged, { headers: { "X-AgentGate-Skill": "translate" } }))).toBe(1);
    const { headers, body } = agent.received[0]!;
    expect(headers["x-agentgate-skill"]).toBe("sum");
    expect(body).not.toContain("translate");
    await send(taskOf(), { headers: { "X-AgentGate-Skill": "translate" } });
    expect(agent.received[1]!.headers).not.toHaveProperty("x-agentgate-skill");
  });

  test("what some agent could read as another message or metadata is refused beside a skill's name", async () => {
    const metadata = { [SKILL]: "translate" };
    for (const name of ["Message", "METADATA", "me\u017f\u017fage", "metaDATA"]) {
      const other = { ...taskOf("free"), [name]: { ...taskOf("translate").message, metadata, ...metadata } };
      const within = { message: { ...taskOf("free").message, [name]: metadata } };
      for (const task of [other, within]) expect((await send(task)).status, name).toBe(422);
    }
    expect(agent.received).toEqual([]);
    expect((await send(taskOf("free", { note: "a" }))).status).toBe(200);
  });

  test("under one Idempotency-Key another skill is another request", async () => {
    const headers = { "Idempotency-Key": "one" };
    expect(await spentBy(() => send(taskOf("sum"), { headers }))).toBe(1);
    expect(await spentBy(() => send(taskOf("sum"), { headers }))).toBe(0);
    const other = async () => expect((await send(taskOf("translate"), { headers })).status).toBe(422);
    expect(await spentBy(other)).toBe(0);
  });

  test("what a key may spend counts by the skill's price", async () => {
    const made = await gate.call("POST", `/orgs/${payer.id}/keys`, {
      name: "bounded",
      scopes: ["tasks:call"],
      per_call_max: 0.05,
      budgets: [{ amount: 0.06, period: "total" }],
    });
    const key = made.body.key ?? made.body.api_key;
    expect((await send(taskOf(), { key })).body).toMatchObject({ status: 403, code: "per_call_max_exceeded" });
    expect((await send(taskOf("translate"), { key })).status).toBe(200);
    expect((await send(taskOf("translate"), { key })).body).toMatchObject({ status: 403, code: "budget_exceeded" });
    expect((await send(taskOf("sum"), { key })).status).toBe(200);
  });

  test("a price that was granted is that of a task, whatever it is for that is not free to all", async () => {
    const guest = await gate.createOrg("guest");
    await gate.call("POST", `/orgs/${guest.id}/topup`, { amount: 1 });
    await gate.call("PUT", `/agents/${id}/grants/${guest.id}`, { actions: ["call"], price: 0.1 }, owner.key);
    for (const task of [taskOf("sum"), taskOf()]) {
      expect((await send(task, { key: guest.key })).body.ucp.price_per_task).toBe(0.1);
    }
    expect(agent.received[0]!.headers["x-agentgate-skill"]).toBe("sum");
    expect((await send(taskOf("smu"), { key: guest.key })).status).toBe(422);
    expect((await send(taskOf("free"), { key: guest.key })).status).toBe(200);
    expect(await balance(guest)).toBe(0.8);
    const seen = (await gate.call("GET", `/agents/${id}`, undefined, guest.key)).body;
    expect([seen.price_per_task, seen.prices]).toEqual([0.1, { free: 0 }]);
  });

  test("streams and sockets ask for skills in the same way", async () => {
    const stream = (task: unknown) =>
      fetch(`${gate.url}/agents/${id}/task/stream`, {
        method: "POST",
        headers: { authorization: `Bearer ${payer.key}`, "content-type": "application/json" },
        body: JSON.stringify(task),
      });
    expect(await spentBy(async () => (await stream(taskOf("translate"))).text())).toBe(50_000);
    expect((await stream(taskOf("smu"))).status).toBe(422);
    const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${id}/task/ws`);
    const messages: any[] = [];
    socket.on("message", (data) => messages.push(JSON.parse(String(data))));
    await new Promise((resolve) => socket.once("open", resolve));
    const say = (message: object) => socket.send(JSON.stringify(message));
    const ended = (count: number) =>
      expect.poll(() => messages.filter(({ type }) => type === "result" || type === "error").length).toBe(count);
    say({ type: "auth", token: payer.key });
    expect(
      await spentBy(async () => {
        say({ type: "task", task: taskOf("sum") });
        await ended(1);
        say({ type: "task", task: taskOf("smu") });
        await ended(2);
      }),
    ).toBe(1);
    socket.close();
    expect(messages.at(-1)).toMatchObject({ type: "error", data: expect.stringContaining("no skill smu") });
    expect(agent.received.map(({ headers }) => headers["x-agentgate-skill"])).toEqual(["translate", "sum"]);
  });

  test("A2A clients of both versions and bindings name it in the message's metadata, to agents of both kinds", async () => {
    const { skills } = (await (await fetch(`${example.url}/.well-known/agent-card.json`)).json()) as any;
    const prices = { [skills[0].id]: 0.03 };
    const a2a = (await gate.register({ url: example.url, prices, price_per_task: 0.5 }, owner.key)).id;
    const message = (skill: string, role: string) => ({
      ...{ messageId: "m", role, metadata: { [SKILL]: skill } },
      parts: role === "user" ? [{ kind: "text", text: "hi" }] : [{ text: "hi" }],
    });
    const rpc = (agentId: string, method: string, params: object) =>
      gate.call("POST", `/agents/${agentId}`, { jsonrpc: "2.0", id: 1, method, params }, payer.key);
    for (const [agentId, skill, micros] of [
      [a2a, skills[0].id, 30_000],
      [id, "translate", 50_000],
    ] as const) {
      const ways: [string, () => Promise<any>][] = [
        ["0.3", () => rpc(agentId, "message/send", { message: message(skill, "user") })],
        ["1.0", () => rpc(agentId, "SendMessage", { message: message(skill, "ROLE_USER") })],
        [
          "rest",
          () =>
            gate.call("POST", `/agents/${agentId}/message:send`, { message: message(skill, "ROLE_USER") }, payer.key),
        ],
        [
          "stream",
          () =>
            gate.call("POST", `/agents/${agentId}/message:stream`, { message: message(skill, "ROLE_USER") }, payer.key),
        ],
        ["simple", () => send(taskOf(skill), { agentId })],
      ];
      for (const [name, way] of ways) {
        const spent = await spentBy(async () => {
          const { status, body } = await way();
          expect([name, status, body.error]).toEqual([name, 200, undefined]);
        });
        expect([name, spent]).toEqual([name, micros]);
        await expect.poll(() => lastCall(agentId)).toMatchObject({ skill });
      }
    }
    const wrong = await rpc(a2a, "SendMessage", { message: message("smu", "ROLE_USER") });
    expect(wrong.body.error.message).toContain("no skill smu");
  });

  test("an A2A agent is told the skill that was paid for, however the caller spells it", async () => {
    const answer = rpcResult(
      1,
      JSON.stringify({ message: { messageId: "a", role: "ROLE_AGENT", parts: [{ text: "ok" }] } }),
    );
    const raw = await startRawAgent(
      (_, response) => response.end(answer),
      (url) => cardOf(url, { skills: SKILLS }),
    );
    const a2a = (await gate.register({ url: raw.url, prices: PRICES, price_per_task: PRICE }, owner.key)).id;
    const named = (skill: string) => `"metadata":{"${SKILL}":"${skill}"}`;
    const text = `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{${named("translate")},"messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}],${named("sum")}}}}`;
    expect(await spentBy(() => gate.call("POST", `/agents/${a2a}`, text, payer.key))).toBe(1);
    expect(raw.received[0]!.text).not.toContain("translate");
    expect(raw.received[0]!.body.params.message.metadata).toEqual({ [SKILL]: "sum" });
    expect(raw.received[0]!.headers["x-agentgate-skill"]).toBe("sum");
    // What the request's own metadata names is told with the message.
    const params = `{${named("sum")},"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"hi"}]}}`;
    const second = `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":${params}}`;
    expect(await spentBy(() => gate.call("POST", `/agents/${a2a}`, second, payer.key))).toBe(1);
    expect(raw.received[1]!.body.params.message.metadata).toEqual({ [SKILL]: "sum" });
    await raw.close();
  });

  test("a step of a chain is for a skill", async () => {
    const steps = [{ agent_id: id, skill: "translate" }, { agent_id: id, skill: "free" }, { agent_id: id }];
    const chain = (await gate.call("POST", "/chains/", { name: "chain", steps }, payer.key)).body;
    expect(chain.steps.map(({ skill }: any) => skill)).toEqual(["translate", "free", null]);
    const run = async () => {
      const { body } = await gate.call("POST", `/chains/${chain.id}/run`, { input: "hi" }, payer.key);
      expect(body).toMatchObject({ status: "success", final_output: "Echo: Echo: Echo: hi" });
    };
    expect(await spentBy(run)).toBe(300_000);
    expect(agent.received.map(({ headers }) => headers["x-agentgate-skill"])).toEqual(["translate", "free", undefined]);
  });

  test("whatever tasks ask for, each costs what its skill does, and every other one nothing", async () => {
    const known = new Map<string | undefined, number>([
      ...Object.entries(PRICES).map(([skill, price]) => [skill, Math.round(price * 1e6)] as const),
      [undefined, 250_000],
    ]);
    const skill = fc.constantFrom<string | undefined>(...known.keys(), "smu", "Sum", "toString");
    await fc.assert(
      fc.asyncProperty(fc.array(skill, { minLength: 1, maxLength: 6 }), async (skills) => {
        agent.received.splice(0);
        const spent = await spentBy(() => Promise.all(skills.map((one) => send(taskOf(one)))));
        expect(spent).toBe(skills.reduce((sum, one) => sum + (known.get(one) ?? 0), 0));
        const told = agent.received.map(({ headers }) => headers["x-agentgate-skill"]);
        const paid = skills
          .filter((one) => known.has(one))
          .map((one) => one?.replace("Größe 50%", "Gr%C3%B6%C3%9Fe%2050%25"));
        expect(told.sort()).toEqual(paid.sort());
      }),
      { numRuns: 20 },
    );
    expect((await gate.call("GET", "/admin/ledger/verify")).body).toMatchObject({ ok: true });
  });
});
