import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cardOf, startRawAgent } from "../../a2a/testing/raw-agent.ts";
import { testEngines } from "../../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../../testing/index.ts";

const SKILLS = [
  { id: "translate", name: "Translate", description: "Any language" },
  { id: "sum", name: "Sum" },
];

describe.each(testEngines())("prices of skills on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let owner: { id: string; key: string };
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    agent = await startAgent();
    owner = await gate.createOrg("owner", { tier: "enterprise" });
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const post = (fields: object, key = owner.key) =>
    gate.call("POST", "/agents/", { name: "agent", url: agent.url, ...fields }, key);
  const put = (id: string, fields: object, key = owner.key) => gate.call("PUT", `/agents/${id}`, fields, key);
  test("a search tells what its matches are like, by prices and by all else", async () => {
    await post({ name: "faceted one", price_per_task: 0.05, tags: ["red"] });
    await post({ name: "faceted two", tags: ["red", "blue"] });
    const found = async () => (await gate.call("GET", "/agents/search?q=faceted&facets=1", undefined, null)).body;
    // Who registers is looked at soon.
    await expect.poll(async () => (await found()).facets.health.healthy, { timeout: 60_000 }).toBe(2);
    const body = await found();
    const upTo = [
      ...[[0, 1] as const, [0.001, 0] as const, [0.01, 0] as const],
      ...[[0.1, 1] as const, [1, 0] as const, [null, 0] as const],
    ];
    expect([body.total, body.facets]).toEqual([
      2,
      {
        agents: 2,
        tags: [
          { name: "red", count: 2 },
          { name: "blue", count: 1 },
        ],
        protocols: { plain: 2, a2a: 0, mcp: 0, site: 0 },
        health: { healthy: 2, unhealthy: 0, unknown: 0 },
        prices: upTo.map(([max, count]) => ({ max, count })),
        ratings: [4.5, 4, 3].map((min) => ({ min, count: 0 })),
      },
    ]);
  });

  test("are said with the skills or by their ids, and told wherever the agent is", async () => {
    const priced = [
      { ...SKILLS[0], price: "0.05" },
      { ...SKILLS[1], price: 0.000001 },
    ];
    const made = await post({ skills: priced, price_per_task: 0.1 });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      price_per_task: 0.1,
      skills: [
        { ...SKILLS[0], price: 0.05 },
        { ...SKILLS[1], price: 0.000001 },
      ],
      prices: { translate: 0.05, sum: 0.000001 },
    });
    const { id } = made.body;
    const byId = await post({ skills: SKILLS, prices: { sum: 0 }, price_per_task: 0.1, name: "other" });
    expect(byId.body).toMatchObject({ skills: [SKILLS[0], { ...SKILLS[1], price: 0 }], prices: { sum: 0 } });
    expect((await gate.call("GET", `/agents/${id}`, undefined, null)).body).toMatchObject({
      prices: { translate: 0.05, sum: 0.000001 },
    });
    const search = await gate.call("GET", "/agents/search?q=agent", undefined, null);
    expect(search.body.agents.find((one: any) => one.id === id).prices).toEqual({ translate: 0.05, sum: 0.000001 });
    for (const path of ["/agents/", "/agents/by-name/agent", `/orgs/${owner.id}/agents`]) {
      const { body } = await gate.call("GET", path, undefined, owner.key);
      expect([path, body.find((one: any) => one.id === id).prices]).toEqual([path, { translate: 0.05, sum: 0.000001 }]);
    }
    expect((await gate.call("GET", "/agents/by-name/other/latest")).body).toMatchObject({
      ...{ id: byId.body.id, prices: { sum: 0 } },
    });
    const card = await gate.call("GET", `/agents/${id}/card`, undefined, null);
    expect(card.body.ucp).toMatchObject({ price_per_task: 0.1, prices: { translate: 0.05, sum: 0.000001 } });
    expect(card.body.skills[0]).not.toHaveProperty("price");
    const discovery = await gate.call("GET", "/.well-known/agent.json", undefined, null);
    const found = discovery.body.agents.find(({ url }: any) => url.endsWith(id));
    expect(found.skills[0].price).toBe(0.05);
    const page = await fetch(`${gate.url}/marketplace/${id}`, { headers: { accept: "text/html" } });
    expect(await page.text()).toContain("dev.agentgate/skill");
  });

  test.each<[object, string[], RegExp]>([
    [
      { skills: [{ id: "a", price: 0.2 }], price_per_task: 0.1 },
      ["price_per_task"],
      /a costs \$0\.2000, and price_per_task is \$0\.1000/,
    ],
    [{ skills: SKILLS, prices: { sum: 0.1 } }, ["price_per_task"], /must be at least/],
    [
      { skills: SKILLS, prices: { smu: 0.1 }, price_per_task: 1 },
      ["prices", "smu"],
      /no skill smu; it has translate, sum/,
    ],
    [{ prices: { a: 0.1 }, price_per_task: 1 }, ["prices", "a"], /names none/],
    [{ skills: [{ description: "?", price: 1 }], price_per_task: 1 }, ["skills", "0", "price"], /needs an id/],
    [{ skills: [{ id: "a", price: 1 }], prices: { a: 2 }, price_per_task: 3 }, ["skills", "0", "price"], /two prices/],
    [{ skills: [{ id: "a", price: -1 }], price_per_task: 1 }, ["skills", "0", "price"], /./],
    [{ skills: [{ id: "a", price: "free" }], price_per_task: 1 }, ["skills", "0", "price"], /./],
    [{ skills: [{ id: "a", price: 1e-9 }], price_per_task: 1 }, ["skills", "0", "price"], /smallest/],
    [{ prices: { a: null }, skills: [{ id: "a" }] }, ["prices", "a"], /./],
  ])("%j is refused at %j", async (fields, path, sentence) => {
    const { status, body } = await post(fields);
    expect(status).toBe(422);
    expect(body.detail[0].loc.map(String)).toEqual(["body", ...path]);
    expect(body.detail[0].msg).toMatch(sentence);
  });

  test("a change says all of them, and one that says none leaves them; the price of a task stays above", async () => {
    const { id } = (await post({ skills: SKILLS, prices: { sum: 0.02 }, price_per_task: 0.1 })).body;
    expect((await put(id, { description: "new" })).body.prices).toEqual({ sum: 0.02 });
    expect((await put(id, { prices: { translate: 0.03 } })).body.prices).toEqual({ translate: 0.03 });
    const low = await put(id, { price_per_task: 0.02 });
    expect([low.status, low.body.detail[0].loc]).toEqual([422, ["body", "price_per_task"]]);
    // As it was read, it can be written.
    const { skills } = (await gate.call("GET", `/agents/${id}`)).body;
    const same = await put(id, { skills });
    expect(same.body).toMatchObject({ skills, prices: { translate: 0.03 } });
    expect((await put(id, { skills: [SKILLS[1]!] })).body).not.toHaveProperty("prices");
    expect((await put(id, { prices: { sum: 0.1 } })).body.prices).toEqual({ sum: 0.1 });
    expect((await put(id, { prices: {} })).body).not.toHaveProperty("prices");
    const log = (await gate.call("GET", `/audit?target_id=${id}&limit=2`)).body.entries;
    expect(log[0].changes).toContainEqual({ field: "prices", before: { sum: 0.1 }, after: {} });
  });

  test("a slug is an agent's as long as it is there", async () => {
    const { id, slug } = (await post({ name: "Clerk" })).body;
    const twin = (await post({ name: "Clerk" })).body;
    expect(twin.slug).toBe(`clerk-${twin.id.slice(-4)}`);
    expect([slug, (await put(id, { name: "Writer" })).body.slug]).toEqual(["clerk", "clerk"]);
    expect((await gate.call("DELETE", `/agents/${id}`)).status).toBe(204);
    expect((await post({ name: "Clerk" })).body.slug).toBe("clerk");
  });

  test("the name of a hidden agent takes no name away that somebody could miss", async () => {
    const hidden = (await post({ name: "Secret plan", visibility: "org" })).body;
    expect(hidden.slug).toBe(`secret-plan-${hidden.id.slice(-4)}`);
    expect((await post({ name: "Secret plan" })).body.slug).toBe("secret-plan");
  });

  test("what a card says of prices is none of the gateway's; prices by id outlast a new card, unless the skill is gone", async () => {
    let skills = [
      { id: "raw", name: "Raw", description: "", tags: [], price: 5 },
      { id: "two", name: "Two", description: "", tags: [] },
    ];
    const a2a = await startRawAgent(
      (_, response) => response.end(),
      (url) => cardOf(url, { skills }),
    );
    const made = await gate.register(
      { url: a2a.url, prices: { raw: 0.01, two: 0.02 }, price_per_task: 0.1 },
      owner.key,
    );
    expect(made.skills.map(({ price }: any) => price)).toEqual([0.01, 0.02]);
    skills = [{ ...skills[0]!, name: "Rawer" }];
    const { body } = await gate.call("POST", `/agents/${made.id}/refresh`, undefined, owner.key);
    expect(body.agent).toMatchObject({ skills: [{ id: "raw", name: "Rawer", price: 0.01 }], prices: { raw: 0.01 } });
    await a2a.close();
  });
});
