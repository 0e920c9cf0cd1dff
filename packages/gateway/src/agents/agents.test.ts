import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, startAgent, startTestGateway, type TestGateway, textTask } from "../testing/index.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

describe.each(testEngines())("agents on %s", (engine) => {
  let gate: TestGateway;
  beforeAll(async () => {
    gate = await startTestGateway(engine);
  });
  afterAll(() => gate.close());

  test("a registered agent is answered with every field of the contract, and no key", async () => {
    const { status, body } = await gate.call("POST", "/agents/", {
      name: "full",
      url: "https://127.0.0.1:19999/agent",
      description: "Does things",
      version: 1.5,
      skills: [{ id: "chat", name: "Chat", extra: { deep: [1, null] } }],
      tags: ["Fast", "cheap"],
      webhook_url: "https://127.0.0.1:19999/hook",
      price_per_task: "0.05",
      agent_api_key: "agent-secret",
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: "full",
      url: "https://127.0.0.1:19999/agent",
      description: "Does things",
      version: "1.5",
      skills: [{ id: "chat", name: "Chat", extra: { deep: [1, null] } }],
      slug: "full",
      tags: ["Fast", "cheap"],
      webhook_url: "https://127.0.0.1:19999/hook",
      webhook_secret: expect.stringMatching(/^whsec_/),
      price_per_task: 0.05,
      org_id: null,
      deployed: false,
      timeout_ms: null,
      protocol: "plain",
      protocol_setting: "auto",
      visibility: "public",
      requires_key: true,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      updated_at: expect.any(String),
    });
    const shown = await gate.call("GET", `/agents/${body.id}`, undefined, null);
    const { webhook_secret: _, ...kept } = body;
    expect(shown.body).toEqual({ ...kept, webhook_url: null });
    expect(JSON.stringify(shown.body)).not.toContain("secret");
    expect((await gate.call("GET", `/agents/${body.id.toUpperCase()}`)).body.webhook_url).toBe(
      "https://127.0.0.1:19999/hook",
    );
  });

  test("the smallest registration gets the documented defaults", async () => {
    const agent = await gate.register({
      name: "small",
      url: "http://127.0.0.1:19999",
      description: null,
      skills: null,
    });
    expect(agent).toMatchObject({
      description: "",
      version: "1.0.0",
      skills: [],
      tags: [],
      webhook_url: null,
      price_per_task: 0,
    });
  });

  test.each([
    ["name", { name: "" }, ["body", "name"]],
    ["name", { name: "x".repeat(256) }, ["body", "name"]],
    ["url", { url: undefined }, ["body", "url"]],
    ["price", { price_per_task: -1 }, ["body", "price_per_task"]],
    ["price", { price_per_task: 1e300 }, ["body", "price_per_task"]],
    ["skills", { skills: ["chat"] }, ["body", "skills", 0]],
    ["org", { org_id: "not-a-uuid" }, ["body", "org_id"]],
  ])("a bad %s gives 422 and says where", async (_, fields, loc) => {
    const { status, body } = await gate.call("POST", "/agents/", {
      name: "n",
      url: "http://127.0.0.1:19999",
      ...fields,
    });
    expect([status, body.detail[0].loc]).toEqual([422, loc]);
  });

  test.each(["ftp://127.0.0.1:19999", "http://user:pw@127.0.0.1:19999", "http://127.0.0.1:19999/#x", "not a url"])(
    "%s gives 400",
    async (url) => {
      const { status, body } = await gate.call("POST", "/agents/", { name: "n", url });
      expect([status, body.detail]).toEqual([400, expect.stringMatching(/^Invalid URL: /)]);
    },
  );

  test("PUT changes what it names; null leaves, empty clears", async () => {
    const { id, created_at } = await gate.register({
      name: "before",
      url: "http://127.0.0.1:19999",
      webhook_url: "http://127.0.0.1:19999/h",
      tags: ["a"],
      agent_api_key: "k",
    });
    const changed = await gate.call("PUT", `/agents/${id}`, { name: "after", description: null, tags: ["b", "c"] });
    expect(changed.body).toMatchObject({
      name: "after",
      tags: ["b", "c"],
      webhook_url: "http://127.0.0.1:19999/h",
      requires_key: true,
      created_at,
    });
    expect(changed.body.updated_at > created_at).toBe(true);
    const cleared = await gate.call("PUT", `/agents/${id}`, { webhook_url: "", agent_api_key: "" });
    expect(cleared.body).toMatchObject({ webhook_url: null, requires_key: false });
    expect((await gate.call("GET", "/agents/?tag=a")).body).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ id })]),
    );
    expect((await gate.call("PUT", `/agents/${id}`, { url: "file:///etc" })).status).toBe(400);
    expect((await gate.call("PUT", `/agents/${UNKNOWN}`, {})).status).toBe(404);
  });

  test("DELETE answers 204 with no body, then the agent is gone", async () => {
    const { id } = await gate.register({ name: "doomed", url: "http://127.0.0.1:19999" });
    const gone = await gate.call("DELETE", `/agents/${id}`);
    expect([gone.status, gone.body]).toEqual([204, ""]);
    expect((await gate.call("GET", `/agents/${id}`)).body).toMatchObject({ detail: "Agent not found", status: 404 });
    expect((await gate.call("DELETE", `/agents/${id}`)).status).toBe(404);
  });

  test("lists filter by part of a skill and by whole tag, any case, newest first", async () => {
    const one = await gate.register({
      name: "s1",
      url: "http://127.0.0.1:19999",
      skills: [{ id: "image-edit", name: "Bilder" }],
      tags: ["Zürich"],
    });
    const two = await gate.register({
      name: "s2",
      url: "http://127.0.0.1:19999",
      skills: [{ id: "x", name: "Edit IMAGES" }],
      tags: ["zürich", "50%_off"],
    });
    const ids = async (query: string) =>
      (await gate.call("GET", `/agents/${query}`, undefined, null)).body.map((a: any) => a.id);
    expect(await ids("?skill=IMAGE")).toEqual([two.id, one.id]);
    expect(await ids("?skill=bilder")).toEqual([one.id]);
    expect(await ids("?tag=Z%C3%BCRICH")).toEqual([two.id, one.id]);
    expect(await ids("?tag=z")).toEqual([]);
    expect(await ids("?skill=%25")).toEqual([]);
    expect(await ids("?skill=image&limit=1&offset=1")).toEqual([one.id]);
  });

  test("search combines text, skill and tags, counts and sorts", async () => {
    for (const [name, version] of [
      ["find-b", "1.10.0"],
      ["find-a", "1.9.0"],
      ["find-c", "2.0.0-rc.1"],
    ]) {
      await gate.register({
        name,
        version,
        url: "http://127.0.0.1:19999",
        description: "Needle 100% sure",
        tags: ["hay", name!],
      });
    }
    const search = async (query: string) => (await gate.call("GET", `/agents/search?${query}`, undefined, null)).body;
    const names = async (query: string) => (await search(query)).agents.map((a: any) => a.name);
    expect(await search("q=needle&limit=1&offset=1")).toMatchObject({
      total: 3,
      limit: 1,
      offset: 1,
      agents: [{ name: "find-a", avg_rating: null, review_count: 0 }],
    });
    expect(await names("q=100%25")).toEqual(["find-c", "find-a", "find-b"]);
    expect(await names("q=needle&sort=name")).toEqual(["find-a", "find-b", "find-c"]);
    expect(await names("q=needle&sort=version")).toEqual(["find-c", "find-b", "find-a"]);
    expect(await names("tags=HAY,find-b")).toEqual(["find-b"]);
    expect((await gate.call("GET", "/agents/search?sort=worst")).status).toBe(422);
  });

  test("by-name finds every version, latest the one registered last", async () => {
    const first = await gate.register({ name: "ver sion/é", version: "2.0.0", url: "http://127.0.0.1:19999" });
    const last = await gate.register({ name: "ver sion/é", version: "1.0.0", url: "http://127.0.0.1:19999" });
    const path = `/agents/by-name/${encodeURIComponent("ver sion/é")}`;
    expect((await gate.call("GET", path)).body.map((a: any) => a.id)).toEqual([last.id, first.id]);
    expect((await gate.call("GET", `${path}?version=2.0.0`)).body.map((a: any) => a.id)).toEqual([first.id]);
    expect((await gate.call("GET", `${path}/latest`)).body.id).toBe(last.id);
    expect((await gate.call("GET", "/agents/by-name/nobody")).status).toBe(404);
    expect((await gate.call("GET", "/agents/by-name/nobody/latest")).status).toBe(404);
  });

  test("a list shows 100 unless asked for more, and says where it goes on", async () => {
    const names = Array.from({ length: 103 }, (_, n) => `many-${n}`);
    for (const name of names) await gate.register({ name, url: "http://127.0.0.1:19999", tags: ["many", name] });
    const first = await gate.call("GET", "/v1/agents/?tag=many");
    expect(first.body).toHaveLength(100);
    const next = /^<(\/v1\/agents\/\?[^>]*)>; rel="next"$/.exec(first.headers.get("link")!)![1]!;
    expect(new URLSearchParams(next.split("?")[1]).get("tag")).toBe("many");
    const second = await gate.call("GET", next);
    expect([...first.body, ...second.body].map((agent: any) => agent.name)).toEqual(names.toReversed());
    expect(second.headers.get("link")).toBeNull();
    expect((await gate.call("GET", "/agents/?tag=many&limit=200")).body).toHaveLength(103);
    expect((await gate.call("GET", "/agents/?limit=1001")).status).toBe(422);
    for (const after of ["x", "1", "1-", "99999999999999999999-1"]) {
      expect((await gate.call("GET", `/agents/?after=${after}`)).status).toBe(422);
    }
    const tags = await gate.call("GET", "/agents/tags?limit=2&after=many-101");
    expect(tags.body.tags.map(({ name }: any) => name)).toEqual(["many-102", "many-11"]);
    expect(tags.headers.get("link")).toContain("after=many-11");
  });

  test("whose agent of a name is meant can be said", async () => {
    const [bank, thief] = [await gate.createOrg("the bank"), await gate.createOrg("the thief")];
    const ours = await gate.register({ name: "bank", url: "http://127.0.0.1:19999" }, bank.key);
    const theirs = await gate.register({ name: "bank", url: "http://127.0.0.1:19998" }, thief.key);
    const latest = async (query: string) => (await gate.call("GET", `/agents/by-name/bank/latest${query}`)).body.id;
    expect([await latest(""), await latest(`?org_id=${bank.id}`)]).toEqual([theirs.id, ours.id]);
    const all = (await gate.call("GET", `/agents/by-name/bank?org_id=${bank.id}`)).body;
    expect(all.map((agent: any) => agent.id)).toEqual([ours.id]);
    expect((await gate.call("GET", `/agents/by-name/bank/latest?org_id=${UNKNOWN}`)).status).toBe(404);
    expect((await gate.call("GET", "/agents/by-name/bank/latest?org_id=x")).status).toBe(422);
  });

  test("nobody reviews an agent of its own", async () => {
    const { key } = await gate.createOrg("self-admirer");
    const { id } = await gate.register({ name: "admired", url: "http://127.0.0.1:19999" }, key);
    const { status, body } = await gate.call("POST", `/agents/${id}/reviews`, { rating: 5 }, key);
    expect([status, body.code]).toEqual([403, "own_agent"]);
    expect((await gate.call("GET", `/agents/${id}/reviews/stats`)).body.review_count).toBe(0);
    expect((await gate.call("POST", `/agents/${id}/reviews`, { rating: 4 })).status).toBe(201);
  });

  test("tags are counted once per spelling", async () => {
    await gate.register({ name: "t1", url: "http://127.0.0.1:19999", tags: ["Counted", "counted"] });
    await gate.register({ name: "t2", url: "http://127.0.0.1:19999", tags: ["COUNTED"] });
    const { tags } = (await gate.call("GET", "/agents/tags", undefined, null)).body;
    expect(tags.find((tag: any) => tag.name.toLowerCase() === "counted").count).toBe(2);
    expect([...tags].sort((a: any, b: any) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))).toEqual(tags);
  });

  test("an organization manages its own agents only, and no more than its tier allows", async () => {
    const [own, other] = [await gate.createOrg("own"), await gate.createOrg("other")];
    const agent = await gate.register(
      { name: "mine", url: "http://127.0.0.1:19999", org_id: other.id, webhook_url: "http://127.0.0.1:19999/h" },
      own.key,
    );
    expect(agent.org_id).toBe(own.id);
    for (const [method, path] of [
      ["PUT", ""],
      ["DELETE", ""],
      ["GET", "/logs"],
      ["GET", "/usage"],
      ["GET", "/usage/breakdown"],
    ]) {
      const { status, body } = await gate.call(
        method!,
        `/agents/${agent.id}${path}`,
        method === "PUT" ? {} : undefined,
        other.key,
      );
      expect([status, body.detail]).toEqual([403, "Access denied to this agent"]);
    }
    expect((await gate.call("GET", `/agents/${agent.id}`, undefined, other.key)).body.webhook_url).toBeNull();
    expect((await gate.call("PUT", `/agents/${agent.id}`, { name: "ours" }, own.key)).status).toBe(200);
    const attempts = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        gate.call("POST", "/agents/", { name: `more-${n}`, url: "http://127.0.0.1:19999" }, own.key),
      ),
    );
    expect(attempts.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 403, 403, 403, 403]);
  });

  test("reviews: one per caller, counted, averaged and searchable", async () => {
    const [a, b] = [await gate.createOrg("critic-a"), await gate.createOrg("critic-b")];
    const upstream = await startAgent();
    const agent = await gate.register({ name: "rated", url: upstream.url, description: "rated-agent" });
    for (const { key } of [a, b]) await gate.call("POST", `/agents/${agent.id}/task`, textTask("x"), key);
    await upstream.close();
    const review = (rating: unknown, key: string) =>
      gate.call("POST", `/agents/${agent.id}/reviews`, { rating, comment: "ok" }, key);
    expect((await review(1, a.key)).status).toBe(201);
    expect((await review("5", a.key)).body).toMatchObject({ rating: 5, reviewer: "anonymous", agent_id: agent.id });
    expect((await review(2, b.key)).status).toBe(201);
    expect((await review(6, b.key)).status).toBe(422);
    expect((await gate.call("POST", `/agents/${agent.id}/reviews`, { rating: 3 }, null)).status).toBe(401);
    expect((await gate.call("GET", `/agents/${agent.id}/reviews`)).body.map((r: any) => r.rating)).toEqual([2, 5]);
    expect((await gate.call("GET", `/agents/${agent.id}/reviews/stats`)).body).toEqual({
      agent_id: agent.id,
      agent_name: "rated",
      review_count: 2,
      avg_rating: 3.5,
      distribution: { "5": 1, "4": 0, "3": 0, "2": 1, "1": 0 },
    });
    const found = (await gate.call("GET", "/agents/search?q=rated-agent&sort=rating")).body;
    expect(found.agents[0]).toMatchObject({ avg_rating: 3.5, review_count: 2 });
  });

  test("where it is allowed, a caller without a key reviews once per address; a wrong key is still one", async () => {
    const open = await gate.another({ anonymousReviews: true });
    const upstream = await startAgent();
    const { id } = await gate.register({ name: "liked", url: upstream.url });
    const review = (rating: number, key: string | null) =>
      open.call("POST", `/agents/${id}/reviews`, { rating, reviewer: "Ann" }, key);
    expect((await review(2, null)).status).toBe(403);
    await open.call("POST", `/agents/${id}/task`, textTask("x"), null);
    await upstream.close();
    expect((await review(2, null)).status).toBe(201);
    expect((await review(4, null)).body).toMatchObject({ rating: 4, reviewer: "Ann" });
    expect(await review(1, "nobody's key")).toMatchObject({ status: 401, body: { detail: "Invalid API key" } });
    expect((await review(5, ADMIN_KEY)).status).toBe(201);
    const { body: reviews } = await open.call("GET", `/agents/${id}/reviews`);
    expect(reviews.map(({ rating }: { rating: number }) => rating)).toEqual([5, 4]);
  });

  test("an agent that another node has just deleted cannot be reviewed", async () => {
    const node = await gate.another();
    const { id } = await gate.register({ name: "short-lived", url: "http://127.0.0.1:19999" });
    expect((await node.call("GET", `/agents/${id}`)).status).toBe(200);
    expect((await gate.call("DELETE", `/agents/${id}`)).status).toBe(204);
    expect((await node.call("POST", `/agents/${id}/reviews`, { rating: 5 })).status).toBe(404);
  });

  test("another node sees a change", async () => {
    const node = await gate.another();
    const agent = await gate.register({ name: "shared", url: "http://127.0.0.1:19999" });
    await expect.poll(async () => (await node.call("GET", `/agents/${agent.id}`)).status).toBe(200);
    await gate.call("PUT", `/agents/${agent.id}`, { name: "renamed" });
    await expect.poll(async () => (await node.call("GET", `/agents/${agent.id}`)).body.name).toBe("renamed");
  });
});
