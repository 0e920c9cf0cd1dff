import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { echo, startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";

describe.each(testEngines())("chains on %s", (engine) => {
  let gate: TestGateway;
  let upstream: TestAgent;
  let own: { id: string; key: string };
  let other: { id: string; key: string };
  let echoer: { id: string };
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    upstream = await startAgent(echo);
    own = await gate.createOrg("own");
    other = await gate.createOrg("other");
    echoer = await gate.register({ name: "echoer", url: upstream.url }, own.key);
  });
  afterAll(async () => {
    await gate.close();
    await upstream.close();
  });

  const steps = (...templates: (string | null)[]) =>
    templates.map((input_template) => ({ agent_id: echoer.id, input_template }));
  const create = (fields: object = {}, key = own.key) =>
    gate.call("POST", "/chains/", { name: "c", steps: steps(null), ...fields }, key);

  test("is made, read, changed, listed and removed by its organization and the admin, and by nobody else", async () => {
    const made = await create({ name: "mine", description: "d", steps: steps("a {input}", null) });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.any(String),
      name: "mine",
      description: "d",
      steps: [
        { agent_id: echoer.id, input_template: "a {input}", skill: null, has_agent_api_key: false },
        { agent_id: echoer.id, input_template: null, skill: null, has_agent_api_key: false },
      ],
      org_id: own.id,
      created_at: expect.stringMatching(/Z$/),
      updated_at: made.body.created_at,
    });
    const path = `/chains/${made.body.id}`;
    expect((await gate.call("GET", path, undefined, own.key)).body).toEqual(made.body);
    expect((await gate.call("GET", path)).body).toEqual(made.body);
    const calls = [
      ["GET", path],
      ["PUT", path, { name: "theirs" }],
      ["POST", `${path}/run`, {}],
      ["POST", `${path}/run/stream`, {}],
      ["DELETE", path],
    ] as const;
    for (const [method, where, body] of calls) {
      const foreign = await gate.call(method, where, body, other.key);
      expect([foreign.status, foreign.body.detail]).toEqual([403, "Access denied to this chain"]);
      expect((await gate.call(method, where, body, null)).status).toBe(401);
      const absent = where.replace(made.body.id, crypto.randomUUID());
      expect((await gate.call(method, absent, body, own.key)).status).toBe(404);
    }
    const changed = await gate.call("PUT", path, { name: "still mine", description: null }, own.key);
    expect(changed.body).toMatchObject({ name: "still mine", description: "d", steps: made.body.steps });
    const ids = async (key?: string) => (await gate.call("GET", "/chains/", undefined, key)).body.map((c: any) => c.id);
    expect(await ids(own.key)).toContain(made.body.id);
    expect(await ids(other.key)).toEqual([]);
    expect(await ids()).toContain(made.body.id);
    expect((await gate.call("DELETE", path, undefined, own.key)).status).toBe(204);
    expect((await gate.call("GET", path, undefined, own.key)).status).toBe(404);
  });

  test("an organization's key makes its own; the admin makes anybody's, or nobody's", async () => {
    expect((await create({ org_id: other.id })).body.org_id).toBe(own.id);
    const given = await gate.call("POST", "/chains/", { name: "c", steps: steps(null), org_id: other.id });
    expect(given.body.org_id).toBe(other.id);
    expect((await gate.call("GET", `/chains/${given.body.id}`, undefined, other.key)).status).toBe(200);
    const nobodys = await gate.call("POST", "/chains/", { name: "c", steps: steps(null) });
    expect(nobodys.body.org_id).toBeNull();
    expect((await gate.call("GET", `/chains/${nobodys.body.id}`, undefined, own.key)).status).toBe(403);
    const absent = { name: "c", steps: steps(null), org_id: crypto.randomUUID() };
    expect((await gate.call("POST", "/chains/", absent)).body.detail).toBe("Organization not found");
  });

  test("lists go on where a page ended", async () => {
    const org = await gate.createOrg("lister");
    for (const name of ["1", "2", "3"]) await create({ name }, org.key);
    const seen: string[] = [];
    for (let path: string | undefined = "/chains/?limit=2"; path; ) {
      const page: { body: any; headers: Headers } = await gate.call("GET", path, undefined, org.key);
      expect(page.body.length).toBeLessThanOrEqual(2);
      seen.push(...page.body.map(({ name }: any) => name));
      path = /<([^>]+)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1];
    }
    expect(seen).toEqual(["3", "2", "1"]);
  });

  test.each([
    ["no steps", { steps: [] }, 422],
    ["too many", { steps: Array.from({ length: 21 }, () => ({ agent_id: crypto.randomUUID() })) }, 422],
    ["no agent's id", { steps: [{ agent_id: "echo" }] }, 422],
    ["a long template", { steps: [{ agent_id: crypto.randomUUID(), input_template: "x".repeat(10_001) }] }, 422],
    ["no name", { name: "" }, 422],
    ["an agent that does not exist", { steps: [{ agent_id: crypto.randomUUID() }] }, 404],
  ])("refuses %s", async (_, fields, status) => {
    expect((await create(fields)).status).toBe(status);
  });

  test("goes with its organization", async () => {
    const org = await gate.createOrg("leaving");
    const { body } = await create({}, org.key);
    expect((await gate.call("DELETE", `/orgs/${org.id}`)).status).toBe(204);
    expect((await gate.call("GET", `/chains/${body.id}`)).status).toBe(404);
  });

  test("an agent's key is kept for its step, sealed; it never comes back, and stays until it is cleared", async () => {
    const secret = "the-locked-agents-own-key";
    const locked = await gate.register({ name: "locked", url: upstream.url, agent_api_key: secret }, other.key);
    const made = await create({ steps: [{ agent_id: locked.id, agent_api_key: secret }, ...steps(null)] });
    expect(made.body.steps.map((step: any) => step.has_agent_api_key)).toEqual([true, false]);
    expect(JSON.stringify(made.body)).not.toContain(secret);
    const run = async () => (await gate.call("POST", `/chains/${made.body.id}/run`, { input: "x" }, own.key)).body;
    expect(await run()).toMatchObject({ status: "success", final_output: "Echo: Echo: x" });

    const put = (step: object) =>
      gate.call("PUT", `/chains/${made.body.id}`, { steps: [...steps(null), step] }, own.key);
    await put({ agent_id: locked.id });
    expect(await run()).toMatchObject({ status: "success" });
    await put({ agent_id: locked.id, agent_api_key: "" });
    expect((await run()).trace[1]).toMatchObject({
      status: "error",
      error_status: 401,
      error_code: "invalid_agent_key",
    });
  });
});
