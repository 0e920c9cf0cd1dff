import { isDeepStrictEqual } from "node:util";
import { SOON_MS } from "@agentgate/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { silentLog, systemClock } from "../packages/gateway/src/runtime/index.ts";
import { openStorage } from "../packages/gateway/src/storage/index.ts";
import { testEngines } from "../packages/gateway/src/storage/testing/index.ts";
import {
  type Entrance,
  entrancesOf,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../packages/gateway/src/testing/index.ts";

/**
 * An agent that a caller does not see answers it, on every entrance that names one, as an agent that never was. The entrances come from
 * the running router: one that is added is tried by itself.
 */

const NOBODYS = "00000000-0000-4000-8000-00000000dead";
const ELSEWHERE = "11111111-1111-4111-8111-111111111111";
/** Headers that differ from one answer to the next, whatever is asked for. */
const OWN = new Set(["date", "x-request-id", "x-trace-id", "traceresponse", "retry-after"]);

const blueprint = await startTestGateway();
const document = (await blueprint.call("GET", "/openapi.json", undefined, null)).body;
const entrances = entrancesOf(blueprint.gateway.http).filter(({ url }) => /^\/(?:agents|deploy)\/:id/.test(url));
await blueprint.close();
const rpc = (method: string, params: object) => ({ jsonrpc: "2.0", id: 7, method, params });
const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "hi" }] };

/** A body that would do for a caller who may. */
function bodyOf({ method, url }: Entrance): unknown {
  if (method === "GET" || method === "HEAD" || method === "WS") return undefined;
  const path = url.replace(/:(\w+)(?:\([^)]*\))?/g, "{$1}");
  const page = document.paths[path]?.[method.toLowerCase()] ?? document.paths[`${path}/`]?.[method.toLowerCase()];
  return page?.requestBody?.content["application/json"]?.example ?? (method === "DELETE" ? undefined : { message });
}
const pathOf = (url: string, id: string) =>
  url
    .replace("/:id", `/${id}`)
    .replace(/:action\([^)]*\)|:action/, "message:send")
    .replace(/:\w+/g, ELSEWHERE);

describe.each(testEngines())("hidden agents on %s", (engine) => {
  const statements: string[] = [];
  let gate: TestGateway;
  let agent: TestAgent;
  let owner: { id: string; key: string };
  let other: { id: string; key: string };
  let grantee: { id: string; key: string };
  let shown: { id: string; key: string };
  let hidden: string;
  let limited: string;
  beforeAll(async () => {
    const tell = ({ sql }: { sql: string }) => void statements.push(sql);
    [gate, agent] = await Promise.all([startTestGateway(engine, {}, undefined, tell), startAgent()]);
    const free = { rate_limit: 1e6, rate_burst: 1e6, tier: "enterprise" };
    [owner, other, grantee, shown] = [
      await gate.createOrg("Owner", free),
      await gate.createOrg("Other", free),
      await gate.createOrg("Grantee", free),
      await gate.createOrg("Shown", free),
    ];
    hidden = await register({ name: "secret-agent", tags: ["secret"], price_per_task: 0.5 });
    await grant(grantee.id, { actions: ["call"], price: 0.2 });
    await grant(shown.id, { actions: ["discover"] });
    const key = { name: "elsewhere", scopes: ["*"], agents: [ELSEWHERE] };
    limited = (await gate.call("POST", `/orgs/${owner.id}/keys`, key, owner.key)).body.key;
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  const register = async (fields: object): Promise<string> =>
    (await gate.register({ url: agent.url, protocol: "plain", visibility: "granted", ...fields }, owner.key)).id;
  const grant = async (orgId: string, terms: object, id = hidden) => {
    const { status, body } = await gate.call("PUT", `/agents/${id}/grants/${orgId}`, terms, owner.key);
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  const balance = async (orgId: string) => (await gate.call("GET", `/orgs/${orgId}/wallet`)).body.balance;

  /** All that an answer says, but for the name of what was asked for. */
  async function asked({ method, url }: Entrance, id: string, headers: Record<string, string>, body: unknown) {
    const response = await fetch(gate.url + pathOf(url, id), {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = (await response.text()).replaceAll(id, "ID");
    const told = [...response.headers]
      .filter(([name]) => !OWN.has(name))
      .map(([name, value]) => [name, value.replaceAll(id, "ID")]);
    return { status: response.status, headers: told, text: text.replace(/"latency_ms":[\d.]+/g, "") };
  }
  /** Opens a socket, sends a task, and answers what it is told until it is shut. */
  const overSocket = (id: string, headers: Record<string, string>) =>
    new Promise<unknown[]>((resolve) => {
      const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${id}/task/ws`, { headers });
      const told: unknown[] = [];
      socket.on("open", () => socket.send(JSON.stringify({ type: "task", task: textTask("hi") })));
      socket.on("message", (data) => {
        told.push(JSON.parse(data.toString().replaceAll(id, "ID")));
        if ((told.at(-1) as any).type === "result") socket.close();
      });
      socket.on("unexpected-response", (_, { statusCode }) => resolve([statusCode]));
      socket.on("close", (code, reason) => resolve([...told, code, `${reason}`]));
    });

  const callers: [who: string, headers: () => Record<string, string>][] = [
    ["nobody", () => ({})],
    ["a key that is nobody's", () => ({ authorization: "Bearer ag_org_nobody" })],
    ["another organization", () => ({ authorization: `Bearer ${other.key}` })],
    ["a key of the owner's that was made for other agents", () => ({ authorization: `Bearer ${limited}` })],
    ["another organization that would pay", () => ({ "x-agentgate-payer-key": other.key })],
  ];
  // What a key means is asked of memory: one of each kind is enough for the other database.
  const tried = engine === "sqlite" ? callers : [callers[0]!, callers[2]!];
  describe.each(tried)("to %s", (_, headersOf) => {
    test.each(entrances.filter(({ method }) => method !== "WS"))(
      "$method $url is as if it never was",
      async (entrance) => {
        const headers = headersOf();
        const isRpc = entrance.method === "POST" && entrance.url === "/agents/:id";
        const bodies = isRpc
          ? [
              rpc("SendMessage", { message }),
              rpc("GetTask", { id: "t" }),
              rpc("message/stream", { message: { messageId: "m", kind: "message", role: "user", parts: [] } }),
              rpc("GetExtendedAgentCard", {}),
            ]
          : [bodyOf(entrance), ...(entrance.method === "GET" || entrance.method === "HEAD" ? [] : [{}])];
        for (const body of bodies) {
          const [one, none] = [
            await asked(entrance, hidden, headers, body),
            await asked(entrance, NOBODYS, headers, body),
          ];
          expect(one).toEqual(none);
          expect(one.status).toBeGreaterThanOrEqual(400);
          expect(one.text).not.toMatch(/secret-agent/);
        }
      },
    );

    test("a socket is shut as one to nowhere is", async () => {
      const [one, none] = [await overSocket(hidden, headersOf()), await overSocket(NOBODYS, headersOf())];
      expect(one).toEqual(none);
      // A key that was made for other agents is refused before it is looked for any.
      if (one.length > 1) expect(one.slice(-2)).toEqual([4004, "Agent not found"]);
      else expect(one).toEqual([403]);
    });

    test("it is in no list, count, catalog or discovery document, and a checkout of it cannot be made", async () => {
      const headers = headersOf();
      const get = async (path: string) => (await fetch(gate.url + path, { headers })).text();
      const lists = ["/agents/?limit=1000", "/agents/?tag=secret", "/agents/search", "/agents/search?q=secret-agent"];
      const others = ["/agents/tags", "/health/agents", "/ucp/catalog"];
      const documents = ["agent.json", "ai-catalog.json", "api-catalog"].map((name) => `/.well-known/${name}`);
      for (const path of [...lists, ...others, ...documents]) {
        const text = await get(path);
        expect(text, path).not.toMatch(/secret/);
        expect(text, path).not.toContain(hidden);
      }
      expect(JSON.parse(await get("/agents/search")).total).toBe(0);
      expect(JSON.parse(await get("/ucp/catalog")).total).toBe(0);
      for (const rest of ["", "/latest"]) {
        const names = ["secret-agent", "never-was-one"];
        const [one, none] = await Promise.all(names.map((name) => get(`/agents/by-name/${name}${rest}`)));
        expect(one!.replaceAll(names[0]!, "NAME")).toBe(none!.replaceAll(names[1]!, "NAME"));
      }
      const ucp = async (path: string, body: object, id: string) => {
        const shownKeys = { "content-type": "application/json", ...headers };
        const response = await fetch(gate.url + path, {
          method: "POST",
          headers: shownKeys,
          body: JSON.stringify(body),
        });
        return [response.status, (await response.text()).replaceAll(id, "ID")];
      };
      for (const [path, body] of [
        ["/ucp/v1/catalog/lookup", (id: string) => ({ ids: [`agent_${id}`] })],
        ["/ucp/v1/catalog/product", (id: string) => ({ id: `agent_${id}:task` })],
        [
          "/ucp/v1/checkout-sessions",
          (id: string) => ({ line_items: [{ item: { id: `agent_${id}:task` }, quantity: 1 }] }),
        ],
        ["/ucp/checkout", (id: string) => ({ agent_id: id, task: textTask("x") })],
      ] as const) {
        expect(await ucp(path, body(hidden), hidden), path).toEqual(await ucp(path, body(NOBODYS), NOBODYS));
      }
    });
  });

  test("a chain cannot be made of it; one whose agent is hidden since fails there as if the agent were gone", async () => {
    const chain = (id: string, key: string) =>
      gate.call("POST", "/chains/", { name: "c", steps: [{ agent_id: id }] }, key);
    const [one, none] = [await chain(hidden, other.key), await chain(NOBODYS, other.key)];
    expect([one.status, one.body.detail.replace(hidden, "ID")]).toEqual([404, none.body.detail.replace(NOBODYS, "ID")]);
    const [kept, gone] = [
      await register({ name: "kept", visibility: "public" }),
      await register({ name: "gone", visibility: "public" }),
    ];
    const chains = [(await chain(kept, other.key)).body.id, (await chain(gone, other.key)).body.id];
    expect((await gate.call("POST", `/chains/${chains[0]}/run`, {}, other.key)).body.status).toBe("success");
    await gate.call("PUT", `/agents/${kept}`, { visibility: "org" }, owner.key);
    await gate.call("DELETE", `/agents/${gone}`, undefined, owner.key);
    const runs = await Promise.all(chains.map((id) => gate.call("POST", `/chains/${id}/run`, {}, other.key)));
    const [hiddenRun, goneRun] = runs.map(({ body }, index) =>
      JSON.stringify(body.trace)
        .replaceAll([kept, gone][index]!, "ID")
        .replace(/"latency_ms":[\d.]+/, ""),
    );
    expect(hiddenRun).toBe(goneRun);
    expect(hiddenRun).toMatch(/does not exist any more/);
  });

  test("of a hidden agent the same is looked up as of one that never was", async () => {
    const node = await gate.another();
    // Not what is looked up a little later, of those who are told of an earlier call.
    const isLookUp = (sql: string) =>
      /agents|grants|keys|cards|health|reviews|call_log|chains/.test(sql) &&
      !/rests_until|agent_health where agent_id in|api_keys" set|org_keys" set|versions|leases|webhook_endpoints/.test(
        sql,
      );
    const ways: [method: string, rest: string, body?: object][] = [
      ...(["", "/card", "/health", "/reviews", "/skills", "/stats", "/logs", "/grants"] as const).map(
        (rest) => ["GET", rest] as [string, string],
      ),
      ["GET", "/tasks/t"],
      ["POST", "/task", textTask("x")],
      ["POST", "/message:send", { message }],
      ["POST", "", rpc("GetTask", { id: "t" })],
      ["PUT", "", { description: "x" }],
    ];
    for (const key of [null, other.key]) {
      for (const [method, rest, body] of ways) {
        const look = async (id: string) => {
          const from = statements.length;
          await node.call(method, `/agents/${id}${rest}`, body, key);
          return statements.slice(from).filter(isLookUp);
        };
        // Whose key it is was looked up before.
        await look(NOBODYS);
        // What runs in the background may come between; what is asked for the call's sake comes every time.
        for (let attempt = 1; ; attempt++) {
          const [hiddens, absents] = [await look(await register({ name: "fresh" })), await look(crypto.randomUUID())];
          if (attempt < 6 && !isDeepStrictEqual(hiddens, absents)) continue;
          expect(hiddens, `${method} ${rest}`).toEqual(absents);
          break;
        }
      }
    }
  });

  test("who was granted it sees and calls it, at its price; who is only shown it is told so", async () => {
    const list = async (key: string) => (await gate.call("GET", "/agents/search", undefined, key)).body;
    for (const [key, price] of [
      [grantee.key, 0.2],
      [shown.key, 0.5],
      [owner.key, 0.5],
    ] as const) {
      const found = (await list(key)).agents.find(({ id }: any) => id === hidden);
      expect(found, key).toMatchObject({ name: "secret-agent", price_per_task: price, visibility: "granted" });
      const card = await gate.call("GET", `/agents/${hidden}/card`, undefined, key);
      expect([card.status, card.body.ucp.price_per_task, card.headers.get("cache-control")]).toEqual([
        200,
        price,
        "private, no-store",
      ]);
      expect(card.headers.get("vary")).toMatch(/Authorization/);
      const etag = card.headers.get("etag")!;
      const again = await fetch(`${gate.url}/agents/${hidden}/card`, { headers: { "if-none-match": etag } });
      expect(again.status).toBe(404);
      expect((await gate.call("GET", "/agents/tags", undefined, key)).body.tags).toContainEqual({
        name: "secret",
        count: 1,
      });
      expect((await gate.call("GET", `/agents/${hidden}/grants`, undefined, key)).status).toBe(
        key === owner.key ? 200 : 403,
      );
    }
    const products = async (key: string) => (await gate.call("GET", "/ucp/catalog", undefined, key)).body;
    expect(await products(grantee.key)).toMatchObject({ total: 1, products: [{ id: hidden, price: { amount: 0.2 } }] });
    expect((await products(shown.key)).total).toBe(0);

    const refused = await gate.call("POST", `/agents/${hidden}/task`, textTask("x"), shown.key);
    expect(refused).toMatchObject({
      status: 403,
      body: { code: "call_not_granted", detail: expect.stringMatching(/ask its owner/) },
    });
    const call = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message } };
    const headers = { authorization: `Bearer ${shown.key}`, "content-type": "application/json" };
    const overRpc = await fetch(`${gate.url}/agents/${hidden}`, {
      method: "POST",
      headers,
      body: JSON.stringify(call),
    });
    expect(((await overRpc.json()) as any).error).toMatchObject({
      code: -32053,
      data: [{ reason: "CALL_NOT_GRANTED" }],
    });
    const bought = await gate.call("POST", "/ucp/checkout", { agent_id: hidden, task: textTask("x") }, shown.key);
    expect([bought.status, bought.body.code]).toEqual([403, "call_not_granted"]);

    expect(await gate.call("POST", `/agents/${hidden}/task`, textTask("x"), grantee.key)).toMatchObject({
      status: 402,
      body: { detail: expect.stringMatching(/0\.0000 < 0\.2000/) },
    });
    await gate.call("POST", `/orgs/${grantee.id}/topup`, { amount: 1 });
    expect(
      (await gate.call("POST", `/agents/${hidden}/task`, textTask("x"), grantee.key)).body.ucp.price_per_task,
    ).toBe(0.2);
    expect(await balance(grantee.id)).toBe(0.8);
    const session = await gate.call("POST", "/ucp/checkout", { agent_id: hidden, task: textTask("x") }, grantee.key);
    const done = await gate.call("POST", `/ucp/checkout/${session.body.session_id}/complete`, undefined, grantee.key);
    expect(done.status, JSON.stringify(done.body)).toBe(200);
    expect(await balance(grantee.id)).toBe(0.6);
    const socket = await overSocket(hidden, { authorization: `Bearer ${grantee.key}` });
    expect(socket).toContainEqual(expect.objectContaining({ type: "result" }));
    expect(await balance(grantee.id)).toBe(0.4);
  });

  test("a key of the organization it is granted to opens it as well; its own key alone does not, and with who pays it does", async () => {
    const scoped = async (agents: string[] | null) =>
      (await gate.call("POST", `/orgs/${grantee.id}/keys`, { name: "k", scopes: ["tasks:call"], agents }, grantee.key))
        .body.key;
    const guarded = await register({ name: "guarded", agent_api_key: "the-agents-key" });
    await grant(grantee.id, { actions: "call" }, guarded);
    const task = async (key: string, payer?: string) => {
      const headers = {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        ...(payer && { "x-agentgate-payer-key": payer }),
      };
      const body = JSON.stringify(textTask("x"));
      return (await fetch(`${gate.url}/agents/${guarded}/task`, { method: "POST", headers, body })).status;
    };
    expect(await task(await scoped(null))).toBe(401);
    expect(await task(await scoped([hidden]))).toBe(404);
    expect(await task("the-agents-key")).toBe(404);
    expect(await task("the-agents-key", other.key)).toBe(404);
    expect(await task("the-agents-key", await scoped([guarded]))).toBe(200);
    expect(await task(owner.key)).toBe(200);
  });

  test("a grant ends by the gateway's clock, and soon on every node when it is revoked", async () => {
    const node = await gate.another();
    const brief = await register({ name: "brief" });
    const seen = async (at: TestGateway) => (await at.call("GET", `/agents/${brief}`, undefined, other.key)).status;
    expect([await seen(gate), await seen(node)]).toEqual([404, 404]);
    const end = new Date(gate.clock.now() + 60_000).toISOString();
    await grant(other.id, { actions: ["discover"], expires_at: end }, brief);
    expect(await seen(gate)).toBe(200);
    await expect.poll(() => seen(node), { timeout: SOON_MS, interval: 25 }).toBe(200);
    gate.clock.skip(60_001);
    expect([await seen(gate), await seen(node)]).toEqual([404, 404]);
    expect((await gate.call("GET", "/agents/by-name/brief", undefined, other.key)).status).toBe(404);
    expect((await gate.call("GET", `/agents/${brief}/grants/${other.id}`, undefined, owner.key)).body).toMatchObject({
      actions: ["discover"],
    });

    await grant(other.id, { actions: ["discover"] }, brief);
    await expect.poll(() => seen(node), { timeout: SOON_MS, interval: 25 }).toBe(200);
    expect((await gate.call("DELETE", `/agents/${brief}/grants/${other.id}`, undefined, owner.key)).status).toBe(204);
    expect(await seen(gate)).toBe(404);
    await expect.poll(() => seen(node), { timeout: SOON_MS, interval: 25 }).toBe(404);
    await grant(other.id, { actions: ["discover"] }, brief);
    await gate.call("PUT", `/agents/${brief}`, { visibility: "org" }, owner.key);
    expect(await seen(gate)).toBe(404);
    await expect.poll(() => seen(node), { timeout: SOON_MS, interval: 25 }).toBe(404);
    await gate.call("PUT", `/agents/${brief}`, { visibility: "public" }, owner.key);
    await expect
      .poll(async () => (await node.call("GET", `/agents/${brief}`, undefined, null)).status, { timeout: SOON_MS })
      .toBe(200);
  });

  test("grants are listed page by page, go with whom they are about, and are refused where they make no sense", async () => {
    const listed = await register({ name: "listed" });
    const orgs = [await gate.createOrg("Leaving"), grantee, shown];
    for (const { id } of orgs) await grant(id, { actions: ["discover", "call"], price: 0.1 }, listed);
    const page = async (query = "") =>
      (await gate.call("GET", `/agents/${listed}/grants${query}`, undefined, owner.key)).body;
    const first = await page("?limit=2");
    const rest = await page(`?limit=2&before=${first.next}`);
    expect([...first.entries, ...rest.entries].map(({ org_id }: any) => org_id)).toEqual(
      orgs.map(({ id }) => id).toReversed(),
    );
    expect([rest.next, first.entries[0].actions, first.entries[0].price]).toEqual([null, ["discover", "call"], 0.1]);
    await gate.call("DELETE", `/orgs/${orgs[0]!.id}`);
    expect((await page()).entries).toHaveLength(2);
    const put = (orgId: string, body: object) => gate.call("PUT", `/agents/${listed}/grants/${orgId}`, body, owner.key);
    expect((await put(owner.id, { actions: ["call"] })).body.code).toBe("own_agent");
    expect((await put(NOBODYS, { actions: ["call"] })).status).toBe(404);
    for (const wrong of [
      { actions: [] },
      { actions: ["edit"] },
      { actions: "call", price: -1 },
      { actions: "call", expires_at: "2020-01-01T00:00:00Z" },
    ]) {
      expect((await put(shown.id, wrong)).status, JSON.stringify(wrong)).toBe(422);
    }
    expect((await gate.call("GET", `/agents/${listed}/grants/${other.id}`, undefined, owner.key)).status).toBe(404);
    expect((await gate.call("DELETE", `/agents/${listed}`, undefined, owner.key)).status).toBe(204);
  });

  test("grants that have ended make room for others", async () => {
    const crowded = await register({ name: "crowded" });
    const end = new Date(gate.clock.now() + 60_000).toISOString();
    await grant(other.id, { actions: ["discover"], expires_at: end }, crowded);
    const storage = await openStorage({ ...gate.config, clock: systemClock, log: silentLog });
    const { db } = storage;
    await sql`
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 999)
      insert into orgs (id, name, cost_per_invocation, tier, created_at, updated_at)
      select 'crowd-' || n, 'crowd-' || n, 0, 'free', 1, 1 from numbers`.execute(db);
    await sql`
      insert into agent_grants (agent_id, org_id, may_call, created_at, updated_at)
      select ${crowded}, id, 0, 1, 1 from orgs where id like 'crowd-%'`.execute(db);
    const put = () => gate.call("PUT", `/agents/${crowded}/grants/${shown.id}`, { actions: ["discover"] }, owner.key);
    expect((await put()).body.code).toBe("grant_limit_reached");
    gate.clock.skip(60_001);
    expect((await put()).status).toBe(200);
    expect((await gate.call("GET", `/agents/${crowded}/grants/${other.id}`, undefined, owner.key)).status).toBe(404);
    await sql`delete from orgs where id like 'crowd-%'`.execute(db);
    await storage.close();
  });

  test("a public agent may have another price for an organization, and nothing is looked up of those that cost nothing", async () => {
    const sold = await register({ name: "sold", visibility: "public", price_per_task: 0.3 });
    const price = async (key: string | null) =>
      (await gate.call("GET", `/agents/${sold}`, undefined, key)).body.price_per_task;
    expect(await price(shown.key)).toBe(0.3);
    await grant(shown.id, { actions: ["call"], price: 0.1 }, sold);
    expect([await price(shown.key), await price(other.key), await price(null)]).toEqual([0.1, 0.3, 0.3]);
    await gate.call("POST", `/orgs/${shown.id}/topup`, { amount: 1 });
    await gate.call("POST", `/agents/${sold}/task`, textTask("x"), shown.key);
    expect(await balance(shown.id)).toBe(0.9);
    const cached = async (key: string | null) => {
      const { headers } = await gate.call("GET", `/agents/${sold}/card`, undefined, key);
      return [headers.get("cache-control"), /Authorization/.test(headers.get("vary")!)];
    };
    expect([await cached(null), await cached(shown.key)]).toEqual([
      [null, true],
      ["private, no-store", true],
    ]);
    const free = await register({ name: "free", visibility: "public", price_per_task: 0 });
    await gate.call("POST", `/agents/${free}/task`, textTask("x"), other.key);
    const from = statements.length;
    await gate.call("POST", `/agents/${free}/task`, textTask("x"), other.key);
    expect(statements.slice(from).filter((sql) => /grants/.test(sql))).toEqual([]);
  });
});
