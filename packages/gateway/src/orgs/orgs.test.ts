import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { ADMIN_KEY, startTestGateway, type TestGateway } from "../testing/index.ts";

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

describe.each(testEngines())("organizations on %s", (engine) => {
  let gate: TestGateway;
  beforeAll(async () => {
    gate = await startTestGateway(engine);
  });
  afterAll(() => gate.close());

  test("a created organization is answered with every field; a given key is never shown again", async () => {
    const given = {
      name: "acme",
      api_key: "org-secret-key",
      cost_per_invocation: 0.002,
      rate_limit: 10.0,
      rate_burst: 20,
    };
    const { status, body } = await gate.call("POST", "/orgs/", given);
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      name: "acme",
      cost_per_invocation: 0.002,
      billing_alert_threshold: null,
      wallet_low_threshold: null,
      rate_limit: 10,
      rate_burst: 20,
      balance: 0,
      tier: "free",
      created_at: expect.stringMatching(/Z$/),
    });
    expect((await gate.call("GET", `/orgs/${body.id}`, undefined, "org-secret-key")).body).toEqual(body);
    expect(JSON.stringify((await gate.call("GET", "/orgs/")).body)).not.toContain("org-secret-key");
  });

  test("without a key one is minted and shown once", async () => {
    const { body } = await gate.call("POST", "/orgs/", { name: "minted", tier: "pro" });
    expect(body.api_key).toMatch(/^ag_org_[\w-]{43}$/);
    expect(body).toMatchObject({ tier: "pro", rate_limit: 100, rate_burst: 200 });
    expect((await gate.call("GET", `/orgs/${body.id}`, undefined, body.api_key)).body).not.toHaveProperty("api_key");
  });

  test.each([" leading-blank", "trailing-blank\n", "schlüssel-wort", "zero\0zero"])(
    "a key that no header can carry, %j, is refused",
    async (key) => {
      expect((await gate.call("POST", "/orgs/", { name: `key ${key}`, api_key: key })).status).toBe(422);
      const agent = { name: "a", url: "http://127.0.0.1:19999", agent_api_key: key };
      expect((await gate.call("POST", "/agents/", agent)).status).toBe(422);
    },
  );

  test.each([
    ["name", { name: "taken", api_key: "another-key" }, "name"],
    ["key", { name: "not-taken", api_key: "taken-key" }, "API key"],
    ["key as the admin's", { name: "admin-like", api_key: ADMIN_KEY }, "API key"],
  ])("a second one of the same %s gives 409", async (_, fields, word) => {
    await gate.call("POST", "/orgs/", { name: "taken", api_key: "taken-key" });
    const { status, body } = await gate.call("POST", "/orgs/", fields);
    expect([status, body.detail]).toEqual([409, expect.stringContaining(word)]);
  });

  test.each([
    ["case", "LOOKALIKE ÉCOLE"],
    ["blanks around and inside", "  lookalike\u00a0 école "],
    ["the other normal form", "lookalike e\u0301cole"],
    ["zero width", "look\u200balike\u00ad école"],
    ["letters of another script", "lооkalike école"],
    ["full width", "ｌｏｏｋａｌｉｋｅ école"],
  ])("names that differ in %s are one", async (_, name) => {
    const first = (await gate.call("GET", "/orgs/")).body.find((org: any) => org.name === "Lookalike École");
    const { id } = first ?? (await gate.createOrg("Lookalike École"));
    const taken = await gate.call("POST", "/orgs/", { name });
    expect([taken.status, taken.body.code]).toEqual([409, "name_taken"]);
    const other = await gate.createOrg(`other ${_}`);
    expect((await gate.call("PUT", `/orgs/${other.id}`, { name })).status).toBe(409);
    // Its own name, spelled another way, it may have.
    if (!name.includes("о")) expect((await gate.call("PUT", `/orgs/${id}`, { name })).status).toBe(200);
    expect((await gate.call("PUT", `/orgs/${id}`, { name: "Lookalike École" })).status).toBe(200);
  });

  test("a name that cannot be seen, or whose letters only look like others, is none", async () => {
    for (const name of ["\u200b\u2060", " \u3000", "Pаypal"]) {
      const { status, body } = await gate.call("POST", "/orgs/", { name });
      expect([status, body.detail[0].loc]).toEqual([422, ["body", "name"]]);
    }
    expect((await gate.call("POST", "/orgs/", { name: "Яндекс Inc" })).status).toBe(201);
  });

  test("of many that claim names that look alike at once, one gets it; given up, it is another's", async () => {
    const names = Array.from(
      { length: 8 },
      (_, n) => (n % 2 ? " " : "") + "racing".slice(0, n % 6) + "racing".slice(n % 6).toUpperCase(),
    );
    const created = await Promise.all(names.map((name) => gate.call("POST", "/orgs/", { name })));
    expect(created.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    const { id } = created.find(({ status }) => status === 201)!.body;
    expect((await gate.call("PUT", `/orgs/${id}`, { name: "no longer" })).status).toBe(200);
    expect((await gate.call("POST", "/orgs/", { name: "Racing" })).status).toBe(201);
    expect((await gate.call("PUT", `/orgs/${id}`, { name: "RACING" })).status).toBe(409);
  });

  test("a key tells whose it is", async () => {
    const { id, key } = await gate.createOrg("myself");
    const { body } = await gate.call("GET", "/orgs/me", undefined, key);
    expect(body).toMatchObject({ id, name: "myself" });
    const { new_api_key } = (await gate.call("POST", `/orgs/${id}/rotate-key`, undefined, key)).body;
    expect((await gate.call("GET", "/v1/orgs/me/", undefined, new_api_key)).body).toMatchObject(body);
    expect(await gate.call("GET", "/orgs/me")).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect((await gate.call("GET", "/orgs/me", undefined, "nobody's")).status).toBe(401);
    expect((await gate.call("GET", "/orgs/me", undefined, null)).status).toBe(401);
  });

  test("the list is newest first, whole by default and in pages when asked", async () => {
    const created = [];
    for (const name of ["page-1", "page-2", "page-3"]) created.unshift((await gate.createOrg(name)).id);
    const ids = async (query: string) => (await gate.call("GET", `/orgs/${query}`)).body.map((org: any) => org.id);
    const all = await ids("");
    expect(all.slice(0, 3)).toEqual(created);
    expect(await ids("?limit=2")).toEqual(all.slice(0, 2));
    expect(await ids("?limit=2&offset=1")).toEqual(all.slice(1, 3));
    expect(await ids(`?offset=${all.length}`)).toEqual([]);
    const page = await gate.call("GET", "/orgs/?limit=2");
    const next = /^<([^>]+)>; rel="next"$/.exec(page.headers.get("link")!)![1]!;
    expect((await gate.call("GET", next)).body.map((org: any) => org.id)).toEqual(all.slice(2, 4));
    for (const query of ["?limit=1001", "?limit=-1", "?offset=x"]) {
      expect((await gate.call("GET", `/orgs/${query}`)).status).toBe(422);
    }
  });

  test("names are found by how they begin, in their order and page by page, also names that look alike", async () => {
    const [alpha, beta] = [await gate.createOrg("Seek Alpha"), await gate.createOrg("seek beta")];
    // Of Cyrillic letters, and what pattern matching would take for more.
    const [gamma, percent] = [
      await gate.createOrg("\u0455\u0435\u0435\u043a\u00a0gamma"),
      await gate.createOrg("seek%_"),
    ];
    await gate.register({ name: "sought", url: "http://127.0.0.1:19998" }, beta.key);
    const get = async (query: string) => gate.call("GET", `/orgs/?${query}`);
    const ids = async (query: string) => (await get(query)).body.map((org: any) => org.id);
    expect(await ids("q=SEEK")).toEqual([alpha.id, beta.id, gamma.id, percent.id]);
    expect(await ids("q=seek%20b")).toEqual([beta.id]);
    expect(await ids(`q=${encodeURIComponent("seek%")}`)).toEqual([percent.id]);
    expect(await ids("q=eek")).toEqual([]);
    expect(await ids(`q=${beta.id}`)).toEqual([beta.id]);
    expect(await ids(`q=${UNKNOWN}`)).toEqual([]);
    const [shown] = (await get("q=seek%20b&include=agents")).body;
    expect(shown).toMatchObject({ name: "seek beta", agents: 1, balance: 0 });
    expect((await get("q=seek%20a&include=agents")).body[0].agents).toBe(0);
    expect((await get("q=seek%20a")).body[0]).not.toHaveProperty("agents");
    const first = await get("q=seek&limit=2");
    const next = /^<([^>]+)>; rel="next"$/.exec(first.headers.get("link")!)![1]!;
    expect((await gate.call("GET", next)).body.map((org: any) => org.id)).toEqual([gamma.id, percent.id]);
    // The place where the page ended may be gone.
    await gate.call("DELETE", `/orgs/${beta.id}`);
    const lost = await gate.call("GET", next);
    expect([lost.status, lost.body.detail]).toEqual([400, expect.stringContaining("begin with the first page")]);
    expect((await get(`q=${"x".repeat(256)}`)).status).toBe(422);
  });

  test("its own key opens its own routes only", async () => {
    const [own, other] = [await gate.createOrg("own"), await gate.createOrg("other")];
    expect((await gate.call("GET", "/orgs/", undefined, own.key)).body.detail).toBe("Invalid API key");
    for (const path of ["", "/agents"]) {
      expect((await gate.call("GET", `/orgs/${own.id}${path}`, undefined, own.key)).status).toBe(200);
      const foreign = await gate.call("GET", `/orgs/${own.id}${path}`, undefined, other.key);
      expect([foreign.status, foreign.body.detail]).toEqual([403, "Access denied to this organization"]);
    }
    expect((await gate.call("GET", `/orgs/${UNKNOWN}`, undefined, own.key)).status).toBe(403);
    expect((await gate.call("GET", `/orgs/${UNKNOWN}`)).status).toBe(404);
    expect((await gate.call("DELETE", `/orgs/${own.id}`, undefined, own.key)).status).toBe(401);
  });

  test("PUT changes what it names", async () => {
    const { id } = await gate.createOrg("to-change");
    const { body } = await gate.call("PUT", `/orgs/${id}`, { rate_limit: 7.5, billing_alert_threshold: 3, name: null });
    expect(body).toMatchObject({ name: "to-change", rate_limit: 7.5, rate_burst: 20, billing_alert_threshold: 3 });
    expect((await gate.call("PUT", `/orgs/${id}`, { tier: "gold" })).status).toBe(422);
    expect((await gate.call("PUT", `/orgs/${id}`, { rate_limit: "NaN" })).status).toBe(422);
  });

  test("a rotated key works beside the old one until confirmed; then the old one is dead on every node", async () => {
    const { id, key } = await gate.createOrg("rotating");
    const node = await gate.another();
    expect((await gate.call("POST", `/orgs/${id}/confirm-rotation`, undefined, key)).status).toBe(400);
    const { body } = await gate.call("POST", `/orgs/${id}/rotate-key`, undefined, key);
    expect(body).toEqual({ new_api_key: expect.stringMatching(/^ag_org_/), status: "pending_confirmation" });
    for (const either of [key, body.new_api_key]) {
      await expect.poll(async () => (await node.call("GET", `/orgs/${id}`, undefined, either)).status).toBe(200);
    }
    const confirmed = await gate.call("POST", `/orgs/${id}/confirm-rotation`, undefined, body.new_api_key);
    expect(confirmed.body).toEqual({ status: "rotation_confirmed" });
    expect((await gate.call("GET", `/orgs/${id}`, undefined, key)).status).toBe(401);
    await expect.poll(async () => (await node.call("GET", `/orgs/${id}`, undefined, key)).status).toBe(401);
    expect((await node.call("GET", `/orgs/${id}`, undefined, body.new_api_key)).status).toBe(200);
  });

  test("while a rotation waits, the organization's own page says which key is in use; one that ends another says so", async () => {
    const { id, key } = await gate.createOrg("turning");
    const me = async (candidate: string) => (await gate.call("GET", "/orgs/me", undefined, candidate)).body;
    expect(await me(key)).not.toHaveProperty("pending_rotation");
    const rotate = async () => (await gate.call("POST", `/orgs/${id}/rotate-key`, undefined, key)).body;
    const first = await rotate();
    expect(first).not.toHaveProperty("ended_pending_key");
    const sides = await Promise.all([key, first.new_api_key].map(me));
    expect(sides.map(({ pending_rotation }) => pending_rotation)).toEqual([{ this_key: "old" }, { this_key: "new" }]);
    const second = await rotate();
    expect(second).toMatchObject({ status: "pending_confirmation", ended_pending_key: true });
    expect((await gate.call("GET", "/orgs/me", undefined, first.new_api_key)).status).toBe(401);
    await gate.call("POST", `/orgs/${id}/confirm-rotation`, undefined, second.new_api_key);
    expect(await me(second.new_api_key)).not.toHaveProperty("pending_rotation");
  });

  test("rotations at once leave one key waiting, and confirmations at once leave it alive", async () => {
    const { id, key } = await gate.createOrg("hasty");
    const atOnce = (action: string) =>
      Promise.all(Array.from({ length: 8 }, () => gate.call("POST", `/orgs/${id}/${action}`)));
    const opens = async (candidate: string) =>
      (await gate.call("GET", `/orgs/${id}`, undefined, candidate)).status === 200;

    const minted = (await atOnce("rotate-key")).map(({ body }) => body.new_api_key);
    const waiting: string[] = [];
    for (const candidate of minted) if (await opens(candidate)) waiting.push(candidate);
    expect(waiting).toHaveLength(1);
    const statuses = (await atOnce("confirm-rotation")).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 400, 400, 400, 400, 400, 400, 400]);
    expect([await opens(key), await opens(waiting[0]!)]).toEqual([false, true]);
  });

  test("a deleted organization's key is dead; its agents stay without an owner, on every node", async () => {
    const { id, key } = await gate.createOrg("doomed");
    const agent = await gate.register({ name: "orphan", url: "http://127.0.0.1:19999" }, key);
    const node = await gate.another();
    const ownerAt = async (where: TestGateway) => (await where.call("GET", `/agents/${agent.id}`)).body.org_id;
    expect([await ownerAt(gate), await ownerAt(node)]).toEqual([id, id]);
    expect((await gate.call("DELETE", `/orgs/${id}`)).status).toBe(204);
    expect((await gate.call("GET", `/orgs/${id}`, undefined, key)).status).toBe(401);
    expect(await ownerAt(gate)).toBeNull();
    await expect.poll(() => ownerAt(node)).toBeNull();
  });

  test.skipIf(engine === "postgres")("no key is stored as it is", async () => {
    const { key } = await gate.createOrg("hashed", { api_key: "a-key-that-must-not-be-stored" });
    const { dataDirectory } = gate.config;
    const stored = readdirSync(dataDirectory)
      .map((name) => readFileSync(`${dataDirectory}/${name}`, "latin1"))
      .join("");
    expect(stored).toContain("hashed");
    for (const secret of [key, ADMIN_KEY]) expect(stored).not.toContain(secret);
  });
});
