import { SOON_MS } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminScopes, orgScopes } from "../access/index.ts";
import { silentLog, systemClock } from "../runtime/index.ts";
import { openStorage } from "../storage/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

describe.each(testEngines())("keys on %s", (engine) => {
  let gate: TestGateway;
  let agent: TestAgent;
  let org: { id: string; key: string };
  let other: { id: string; key: string };
  let free: { id: string };
  let priced: { id: string };
  beforeAll(async () => {
    [gate, agent] = await Promise.all([startTestGateway(engine), startAgent()]);
    const unlimited = { rate_limit: 1e6, rate_burst: 1e6 };
    org = await gate.createOrg("Acme", unlimited);
    other = await gate.createOrg("Globex", unlimited);
    free = await gate.register({ name: "free", url: agent.url }, org.key);
    priced = await gate.register({ name: "priced", url: agent.url, price_per_task: 0.5 }, other.key);
    await gate.call("POST", `/orgs/${org.id}/topup`, { amount: 100 });
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const keysOf = (id = org.id) => `/orgs/${id}/keys`;
  const make = async (fields: object = {}, by: string | undefined = org.key) => {
    const { status, body } = await gate.call("POST", keysOf(), { name: "k", scopes: ["*"], ...fields }, by);
    expect(status, JSON.stringify(body)).toBe(201);
    return body as { id: string; key: string };
  };
  const send = async (key: string, to = free) => {
    const { status, body } = await gate.call("POST", `/agents/${to.id}/task`, textTask("hello"), key);
    return [status, body.code];
  };
  const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];

  test("a key is shown once, and told apart by its name and its end", async () => {
    const { key, ...told } = await make({
      name: "ci",
      scopes: ["tasks:call"],
      expires_in: 3600,
      ip_allow: ["127.0.0.0/8"],
    });
    expect(key).toMatch(/^ag_org_[\w-]{43}$/);
    expect(told).toMatchObject({
      ...{ name: "ci", role: "named", prefix: "ag_org_", last4: key.slice(-4), scopes: ["tasks:call"] },
      ...{ agents: null, rate_limit: null, per_call_max: null, ip_allow: ["127.0.0.0/8"], disabled_at: null },
    });
    expect((await gate.call("GET", `${keysOf()}/${told.id}`, undefined, org.key)).body).toEqual(told);
    const list = await gate.call("GET", keysOf(), undefined, org.key);
    expect(list.body.entries[0]).toMatchObject({ id: "primary", role: "primary", scopes: ["*"] });
    expect(list.body.entries[1]).toEqual(told);
    expect(JSON.stringify(list.body)).not.toContain(key);
  });

  test("a list goes on where its page ended, each key once", async () => {
    const lister = await gate.createOrg("Lister");
    const named = (name: string) => gate.call("POST", keysOf(lister.id), { name, scopes: ["*"] }, lister.key);
    for (const name of ["a", "b", "c", "d", "e"]) expect((await named(name)).status).toBe(201);
    const names: string[] = [];
    for (let before = ""; ; ) {
      const { body } = await gate.call("GET", `${keysOf(lister.id)}?limit=2${before}`, undefined, lister.key);
      names.push(...body.entries.filter(({ role }: any) => role === "named").map(({ name }: any) => name));
      if (body.next === null) break;
      before = `&before=${body.next}`;
    }
    expect(names).toEqual(["e", "d", "c", "b", "a"]);
  });

  test("does what its scopes name, and says which one it lacks", async () => {
    const { key } = await make({ scopes: ["tasks:call", "wallet:read"] });
    expect((await send(key))[0]).toBe(200);
    expect((await gate.call("GET", `/orgs/${org.id}/wallet`, undefined, key)).status).toBe(200);
    for (const [method, path, body, scope] of [
      ["GET", `/orgs/${org.id}`, undefined, "orgs:read"],
      ["PUT", `/agents/${free.id}`, { description: "x" }, "agents:write"],
      ["GET", `/agents/${free.id}/logs`, undefined, "logs:read"],
      ["POST", `/orgs/${org.id}/topup`, { amount: 1 }, "wallet:topup"],
      ["POST", `/orgs/${org.id}/rotate-key`, {}, "keys:rotate_own"],
      ["POST", keysOf(), { name: "k", scopes: ["tasks:call"] }, "keys:write"],
    ] as const) {
      const answer = await gate.call(method, path, body, key);
      expect(codeOf(answer), path).toEqual([403, "insufficient_scope"]);
      expect(answer.body.detail).toContain(scope);
    }
    // What nobody's key would open looks as it does for the organization's own.
    expect(codeOf(await gate.call("GET", "/metrics", undefined, key))).toEqual([401, "invalid_api_key"]);
    const callers = await make({ scopes: ["wallet:read"] });
    expect(await send(callers.key)).toEqual([403, "insufficient_scope"]);
    // Public pages are for everybody; what is the owner's business is not shown without the scope for it.
    expect((await gate.call("GET", `/agents/${free.id}`, undefined, callers.key)).status).toBe(200);
  });

  test("other organizations' things stay theirs, whatever the scopes say", async () => {
    const { key } = await make({ scopes: ["*"] });
    expect(codeOf(await gate.call("GET", `/orgs/${other.id}/wallet`, undefined, key))).toEqual([403, "forbidden"]);
    const foreign = (await gate.call("POST", keysOf(other.id), { name: "x", scopes: ["*"] }, other.key)).body;
    expect((await gate.call("GET", `${keysOf()}/${foreign.id}`, undefined, org.key)).status).toBe(404);
    expect((await gate.call("DELETE", `${keysOf()}/${foreign.id}`, undefined, org.key)).status).toBe(404);
    expect((await gate.call("GET", `${keysOf(other.id)}/${foreign.id}`, undefined, org.key)).status).toBe(403);
  });

  test("is bounded by agents, by what a call costs, and by where it is shown from", async () => {
    const onlyFree = await make({ agents: [free.id] });
    expect((await send(onlyFree.key))[0]).toBe(200);
    expect(await send(onlyFree.key, priced)).toEqual([403, "agent_not_allowed"]);
    const cheap = await make({ per_call_max: 0.499999 });
    expect(await send(cheap.key, priced)).toEqual([403, "per_call_max_exceeded"]);
    const enough = await make({ per_call_max: 0.5 });
    expect((await send(enough.key, priced))[0]).toBe(200);
    const elsewhere = await make({ ip_allow: ["192.0.2.0/24", "2001:db8::/32"] });
    expect(await send(elsewhere.key)).toEqual([403, "address_not_allowed"]);
    const walletFrom = await gate.call("GET", `/orgs/${org.id}/wallet`, undefined, elsewhere.key);
    expect(codeOf(walletFrom)).toEqual([403, "address_not_allowed"]);
    const here = await make({ ip_allow: ["127.0.0.1", "::1"] });
    expect((await send(here.key))[0]).toBe(200);
  });

  test("the payer's key is bounded when it pays beside the agent's own", async () => {
    const guarded = await gate.register(
      { name: "guarded", url: agent.url, price_per_task: 0.5, agent_api_key: "agents-own-key" },
      other.key,
    );
    const { key } = await make({ per_call_max: 0.1 });
    const response = await fetch(`${gate.url}/agents/${guarded.id}/task`, {
      method: "POST",
      headers: {
        authorization: "Bearer agents-own-key",
        "x-agentgate-payer-key": key,
        "content-type": "application/json",
      },
      body: JSON.stringify(textTask("x")),
    });
    expect([response.status, ((await response.json()) as any).code]).toEqual([403, "per_call_max_exceeded"]);
  });

  test("bounds what is bought with it as well", async () => {
    const buy = async (key: string) => {
      const task = { agent_id: priced.id, task: textTask("x") };
      const { body } = await gate.call("POST", "/ucp/checkout", task, org.key);
      const { status } = await gate.call("POST", `/ucp/checkout/${body.session_id}/complete`, undefined, key);
      return status;
    };
    const made = async (fields: object) => (await make(fields)).key;
    expect(await buy(await made({ scopes: ["wallet:read"] }))).toBe(403);
    expect(await buy(await made({ per_call_max: 0.499999 }))).toBe(403);
    expect(await buy(await made({ agents: [free.id] }))).toBe(403);
    expect(await buy(await made({ scopes: ["checkouts:use"] }))).toBe(403);
    expect(await buy(await made({ scopes: ["checkouts:use", "tasks:call"], per_call_max: 0.5 }))).toBe(200);
  });

  test("A2A tells its refusals apart by their reason", async () => {
    const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "hi" }] };
    const refused = async (fields: object, to = priced) => {
      const { key } = await make(fields);
      const rpc = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message } };
      const overRpc = (await gate.call("POST", `/agents/${to.id}`, rpc, key)).body.error;
      const overRest = await gate.call("POST", `/agents/${to.id}/message:send`, { message }, key);
      const { status, details } = overRest.body.error;
      expect([overRest.status, status, details[0].reason]).toEqual([403, "PERMISSION_DENIED", overRpc.data[0].reason]);
      return [overRpc.code, overRpc.data[0].reason];
    };
    expect(await refused({ scopes: ["wallet:read"] })).toEqual([-32053, "INSUFFICIENT_SCOPE"]);
    expect(await refused({ agents: [free.id] })).toEqual([-32053, "AGENT_NOT_ALLOWED"]);
    expect(await refused({ per_call_max: 0.1 })).toEqual([-32053, "PER_CALL_MAX_EXCEEDED"]);
    expect(await refused({ ip_allow: ["192.0.2.1"] })).toEqual([-32053, "ADDRESS_NOT_ALLOWED"]);
  });

  test("takes from a bucket of its own", async () => {
    const { key } = await make({ rate_limit: 0.001, rate_burst: 3 });
    const statuses = [];
    for (let call = 0; call < 5; call++) statuses.push((await send(key))[0]);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await send(org.key))[0]).toBe(200);
  });

  test("ends by its time, and a new time revives it", async () => {
    const { id, key } = await make({ expires_in: 60 });
    expect((await send(key))[0]).toBe(200);
    gate.clock.skip(61_000);
    expect(await send(key)).toEqual([401, "key_expired"]);
    expect(codeOf(await gate.call("GET", "/me", undefined, key))).toEqual([401, "key_expired"]);
    // Who needs no key is a caller without one.
    expect((await gate.call("GET", `/agents/${free.id}`, undefined, key)).status).toBe(200);
    await gate.call("PATCH", `${keysOf()}/${id}`, { expires_in: null }, org.key);
    expect((await send(key))[0]).toBe(200);
  });

  test("is disabled and enabled, changed and deleted at once", async () => {
    const { id, key } = await make();
    expect((await send(key))[0]).toBe(200);
    const path = `${keysOf()}/${id}`;
    expect((await gate.call("POST", `${path}/disable`, undefined, org.key)).body.disabled_at).not.toBeNull();
    expect(await send(key)).toEqual([401, "key_disabled"]);
    expect((await gate.call("POST", `${path}/enable`, undefined, org.key)).body.disabled_at).toBeNull();
    expect((await send(key))[0]).toBe(200);
    const changed = await gate.call("PATCH", path, { scopes: ["wallet:read"], name: "new" }, org.key);
    expect(changed.body).toMatchObject({ id, name: "new", scopes: ["wallet:read"] });
    expect(await send(key)).toEqual([403, "insufficient_scope"]);
    expect((await gate.call("DELETE", path, undefined, org.key)).status).toBe(204);
    expect(codeOf(await gate.call("GET", "/me", undefined, key))).toEqual([401, "invalid_api_key"]);
    expect((await gate.call("DELETE", path, undefined, org.key)).status).toBe(404);
  });

  test("is minted anew, and the one before works for its grace", async () => {
    const { id, key: first } = await make({ scopes: ["tasks:call"] });
    const rotate = async (grace_seconds?: number) =>
      (
        await gate.call(
          "POST",
          `${keysOf()}/${id}/rotate`,
          grace_seconds === undefined ? undefined : { grace_seconds },
          org.key,
        )
      ).body;
    const second = await rotate(60);
    expect(second).toMatchObject({ id, scopes: ["tasks:call"], last4: second.key.slice(-4) });
    for (const key of [first, second.key]) expect((await send(key))[0]).toBe(200);
    gate.clock.skip(61_000);
    expect(await send(first)).toEqual([401, "key_expired"]);
    expect((await send(second.key))[0]).toBe(200);
    const third = await rotate();
    expect(await send(second.key)).toEqual([401, "key_expired"]);
    expect((await send(third.key))[0]).toBe(200);
  });

  test("is soon dead on another node", async () => {
    const node = await gate.another();
    const { id, key } = await make();
    const statuses = new Set<number>();
    const asked = async () => {
      const answer = await node.call("GET", "/me", undefined, key);
      statuses.add(answer.status);
      return answer;
    };
    expect((await asked()).status).toBe(200);
    await gate.call("DELETE", `${keysOf()}/${id}`, undefined, org.key);
    await expect
      .poll(async () => codeOf(await asked()), { timeout: SOON_MS, interval: 50 })
      .toEqual([401, "invalid_api_key"]);
    // Nor does it say something else for a moment.
    expect([...statuses]).toEqual([200, 401]);
    await node.gateway.close(1_000);
  });

  test("nobody gives what he has not, or takes over what may more", async () => {
    const manager = await make({ scopes: ["keys:read", "keys:write", "tasks:call"] });
    const weaker = await make({ scopes: ["tasks:call"] }, manager.key);
    const wanted = await gate.call("POST", keysOf(), { name: "k", scopes: ["wallet:topup"] }, manager.key);
    expect([wanted.status, wanted.body.detail[0].loc]).toEqual([422, ["body", "scopes"]]);
    expect((await gate.call("POST", keysOf(), { name: "k", scopes: ["*"] }, manager.key)).status).toBe(422);
    const stronger = await make({ scopes: ["*"] });
    for (const [method, path] of [
      ["POST", "/rotate"],
      ["POST", "/disable"],
      ["PATCH", ""],
      ["DELETE", ""],
    ] as const) {
      const answer = await gate.call(
        method,
        `${keysOf()}/${stronger.id}${path}`,
        method === "PATCH" ? {} : undefined,
        manager.key,
      );
      expect(codeOf(answer), path).toEqual([403, "insufficient_scope"]);
    }
    const widened = await gate.call("PATCH", `${keysOf()}/${weaker.id}`, { scopes: ["orgs:write"] }, manager.key);
    expect(widened.status).toBe(422);
    const bounded = await make({ scopes: ["*"], per_call_max: 1 });
    expect(codeOf(await gate.call("POST", keysOf(), { name: "k", scopes: ["*"] }, bounded.key))).toEqual([
      403,
      "bounded_key",
    ]);
  });

  test("GET /me tells any key what it is", async () => {
    const { id, key } = await make({ scopes: ["tasks:call"], rate_limit: 5 });
    expect((await gate.call("GET", "/me", undefined, key)).body).toMatchObject({
      ...{ kind: "org", org_id: org.id, scopes: ["tasks:call"] },
      key: { id, rate_limit: 5 },
    });
    const own = (await gate.call("GET", "/me", undefined, org.key)).body;
    expect(own).toEqual({ kind: "org", org_id: org.id, scopes: [...orgScopes], key: null });
    expect((await gate.call("GET", "/me")).body).toEqual({
      kind: "admin",
      org_id: null,
      scopes: [...adminScopes],
      key: null,
    });
  });

  test("the admin has further keys, which do what they were made for", async () => {
    const made = await gate.call("POST", "/admin-keys", { name: "books", scopes: ["ledger:verify", "metrics:read"] });
    expect(made.status).toBe(201);
    expect(made.body.key).toMatch(/^ag_admin_/);
    expect((await gate.call("GET", "/metrics", undefined, made.body.key)).status).toBe(200);
    expect(codeOf(await gate.call("POST", "/orgs/", { name: "n" }, made.body.key))).toEqual([
      403,
      "insufficient_scope",
    ]);
    expect(codeOf(await gate.call("GET", `/orgs/${org.id}`, undefined, made.body.key))).toEqual([
      403,
      "insufficient_scope",
    ]);
    expect((await send(made.body.key, priced))[0]).toBe(403);
    expect((await gate.call("GET", "/admin-keys")).body.entries).toMatchObject([{ id: made.body.id }]);
    expect(codeOf(await gate.call("GET", "/admin-keys", undefined, org.key))).toEqual([401, "invalid_api_key"]);
    expect((await gate.call("DELETE", `/admin-keys/${made.body.id}`)).status).toBe(204);
    expect(codeOf(await gate.call("GET", "/metrics", undefined, made.body.key))).toEqual([401, "invalid_api_key"]);
  });

  test("every answer about a key tells its budgets, the admin's keys included", async () => {
    const fields = { name: "k", scopes: ["tasks:call"], budgets: [{ amount: 3, period: "week", alerts: [0.5] }] };
    const told = { ...fields.budgets[0], spent: 0, held: 0, resets_at: expect.stringMatching(/T00:00:00/) };
    for (const [path, by] of [
      [keysOf(), org.key],
      ["/admin-keys", undefined],
    ] as const) {
      const { id } = (await gate.call("POST", path, fields, by)).body;
      const answers = [
        await gate.call("GET", `${path}/${id}`, undefined, by),
        await gate.call("PATCH", `${path}/${id}`, { name: "n" }, by),
        await gate.call("POST", `${path}/${id}/rotate`, {}, by),
        await gate.call("POST", `${path}/${id}/disable`, undefined, by),
        await gate.call("POST", `${path}/${id}/enable`, undefined, by),
      ];
      for (const { status, body } of answers) expect([status, body.budgets]).toEqual([200, [told]]);
      const { entries } = (await gate.call("GET", path, undefined, by)).body;
      expect(entries.find((entry: any) => entry.id === id).budgets).toEqual([told]);
      expect((await gate.call("DELETE", `${path}/${id}`, undefined, by)).status).toBe(204);
    }
  });

  test("notes when a key was last used, without a write for each call", async () => {
    const { id, key } = await make();
    for (let call = 0; call < 20; call++) await send(key);
    const used = async () => (await gate.call("GET", `${keysOf()}/${id}`, undefined, org.key)).body.last_used_at;
    expect(await used()).toBeNull();
    gate.clock.skip(31_000);
    await expect.poll(used).not.toBeNull();
    const [own] = (await gate.call("GET", keysOf(), undefined, org.key)).body.entries;
    expect(own.last_used_at).not.toBeNull();
  });

  test("those that have ended by themselves make room for new ones, and that is written down", async () => {
    const many = await gate.createOrg("Many");
    const fields = { name: "k", scopes: ["tasks:call"] };
    const first = (await gate.call("POST", keysOf(many.id), { ...fields, expires_in: 60 }, many.key)).body;
    const lasting = (await gate.call("POST", keysOf(many.id), fields, many.key)).body;
    const storage = await openStorage({ ...gate.config, clock: systemClock, log: silentLog });
    const {
      id: _,
      hash: __,
      ...like
    } = await storage.db.selectFrom("api_keys").selectAll().where("id", "=", lasting.id).executeTakeFirstOrThrow();
    const rows = Array.from({ length: 998 }, (_, n) => ({ ...like, id: `k${n} ${many.id}`, hash: `h${n} ${many.id}` }));
    for (let at = 0; at < rows.length; at += 100) {
      await storage.db
        .insertInto("api_keys")
        .values(rows.slice(at, at + 100))
        .execute();
    }
    await storage.close();
    const create = () => gate.call("POST", keysOf(many.id), fields, many.key);
    expect(codeOf(await create())).toEqual([403, "key_limit_reached"]);
    gate.clock.skip(61_000);
    expect((await create()).status).toBe(201);
    expect(codeOf(await create())).toEqual([403, "key_limit_reached"]);
    expect(codeOf(await gate.call("GET", "/me", undefined, first.key))).toEqual([401, "invalid_api_key"]);
    const audit = await gate.call("GET", `/orgs/${many.id}/audit?limit=5`, undefined, many.key);
    const [created, deleted] = audit.body.entries;
    expect([created.action, deleted.action, deleted.target.id]).toEqual(["key.created", "key.deleted", first.id]);
  });

  test("goes with its organization", async () => {
    const doomed = await gate.createOrg("Doomed");
    const { key } = (await gate.call("POST", keysOf(doomed.id), { name: "k", scopes: ["*"] }, doomed.key)).body;
    expect((await gate.call("GET", "/me", undefined, key)).status).toBe(200);
    await gate.call("DELETE", `/orgs/${doomed.id}`);
    expect(codeOf(await gate.call("GET", "/me", undefined, key))).toEqual([401, "invalid_api_key"]);
  });

  test.each([
    ["scopes that there are not", { scopes: ["tasks:all"] }],
    ["no scopes", { scopes: [] }],
    ["an admin's scope for an organization", { scopes: ["ledger:verify"] }],
    ["the right to mint the organization's own key", { scopes: ["keys:rotate_own"] }],
    ["no name", { name: "" }],
    ["a range that is none", { ip_allow: ["10.0.0.0/33"] }],
    ["an address with a zone", { ip_allow: ["fe80::1%eth0"] }],
    ["a host name for an address", { ip_allow: ["localhost"] }],
    ["a price below nothing", { per_call_max: -1 }],
    ["an end in the past", { expires_in: 0 }],
    ["a budget of nothing", { budgets: [{ amount: 0, period: "day" }] }],
    [
      "two budgets for a day",
      {
        budgets: [
          { amount: 1, period: "day" },
          { amount: 2, period: "day" },
        ],
      },
    ],
    ["a budget for an hour", { budgets: [{ amount: 1, period: "hour" }] }],
    ["an alert beyond the budget", { budgets: [{ amount: 1, period: "day", alerts: [1.5] }] }],
  ])("%s are refused", async (_, fields) => {
    const { status } = await gate.call("POST", keysOf(), { name: "k", scopes: ["*"], ...fields }, org.key);
    expect(status).toBe(422);
  });
});
