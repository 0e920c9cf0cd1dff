import { SOON_MS } from "@agentgate/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { silentLog } from "../runtime/index.ts";
import { openStorage, type Storage } from "../storage/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
  textTask,
} from "../testing/index.ts";
import { sessionPlaceOf } from "./session-cookie.ts";
import { Browser } from "./testing/browser.ts";

const HOUR_MS = 3_600_000;

describe.each(testEngines())("sessions of browsers, on %s", (engine) => {
  let gate: TestGateway;
  let node: TestGateway;
  let secure: TestGateway;
  let agent: TestAgent;
  let storage: Storage;
  let acme: { id: string; key: string };
  let globex: { id: string; key: string };
  let priced: string;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { corsOrigins: ["https://app.example"] });
    node = await gate.another();
    secure = await gate.another({ publicUrl: "https://gate.example" });
    agent = await startAgent();
    storage = await openStorage({ ...gate.config, clock: gate.clock, log: silentLog });
    acme = await gate.createOrg('Acme & "Sons" <b>');
    globex = await gate.createOrg("Globex");
    priced = (await gate.register({ name: "priced", url: agent.url, price_per_task: 0.5 }, acme.key)).id;
  });
  afterAll(async () => {
    await storage.close();
    await gate.close();
    await agent.close();
  });
  // As many tries of this address as there may be.
  beforeEach(() => gate.clock.skip(120_000));

  const signedIn = (key: string, at = gate) => new Browser(at).signIn(key);
  const keyOf = async (fields: object) => {
    const path = `/orgs/${acme.id}/keys`;
    const { status, body } = await gate.call("POST", path, { name: "k", scopes: ["*"], ...fields }, acme.key);
    expect(status, JSON.stringify(body)).toBe(201);
    return { key: body.key as string, path: `${path}/${body.id}` };
  };
  const ended = (browser: Browser) =>
    expect.poll(async () => (await browser.get("/session")).status, { timeout: SOON_MS, interval: 50 }).toBe(401);

  test("a key that is posted once becomes a cookie that no script reads, on every node", async () => {
    const browser = new Browser(gate);
    const { status, body, headers } = await browser.call("POST", "/session", { key: acme.key });
    const own = { kind: "org", org_id: acme.id, org_name: 'Acme & "Sons" <b>', expires_at: expect.any(String) };
    expect([status, body]).toEqual([200, own]);
    expect(headers.get("set-cookie")).toMatch(/^agentgate=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/);
    expect(headers.get("cache-control")).toBe("no-store");
    for (const each of [browser, browser.at(node)]) {
      expect((await each.get("/session")).body).toEqual(own);
      expect((await each.get(`/orgs/${acme.id}/wallet`)).body).toMatchObject({ org_id: acme.id });
      expect((await each.get(`/orgs/${globex.id}/wallet`)).status).toBe(403);
      expect((await each.get("/orgs/")).status).toBe(401);
    }
    expect((await browser.call("PUT", `/orgs/${acme.id}`, { billing_alert_threshold: 7 })).status).toBe(200);
    const admin = await signedIn(ADMIN_KEY);
    expect((await admin.get("/session")).body).toMatchObject({ kind: "admin", org_id: null, org_name: null });
    expect((await admin.get("/orgs/")).status).toBe(200);
  });

  test("it may do what its key may, and no more", async () => {
    const { key } = await keyOf({ scopes: ["wallet:read"] });
    const browser = await signedIn(key);
    expect((await browser.get(`/orgs/${acme.id}/wallet`)).status).toBe(200);
    expect((await browser.get("/me")).body).toMatchObject({ org_id: acme.id, scopes: ["wallet:read"] });
    const refused = await browser.get(`/orgs/${acme.id}/transactions`);
    expect([refused.status, refused.body.code]).toEqual([403, "insufficient_scope"]);
    const elsewhere = await keyOf({ ip_allow: ["203.0.113.0/24"] });
    const { status, body } = await new Browser(gate).call("POST", "/session", { key: elsewhere.key });
    expect([status, body.code]).toEqual([403, "address_not_allowed"]);
  });

  test("what begins no session is told so, and nothing is set", async () => {
    const short = await keyOf({ expires_in: 60 });
    gate.clock.skip(61_000);
    for (const [body, status, code] of [
      [{ key: "ag_org_nobody" }, 401, "invalid_api_key"],
      [{ key: short.key }, 401, "key_expired"],
      [{ code: "A".repeat(43) }, 401, "code_ended"],
      [{ code: "'; drop table" }, 401, "code_ended"],
      [{}, 422, undefined],
      [{ key: acme.key, code: "x" }, 422, undefined],
    ] as const) {
      const answer = await new Browser(gate).call("POST", "/session", body);
      expect([body, answer.status, answer.headers.get("set-cookie")]).toEqual([body, status, null]);
      if (code) expect(answer.body.code).toBe(code);
    }
  });

  test("whatever is forged, copied from the database or shown as a key opens nothing", async () => {
    const browser = await signedIn(acme.key);
    const token = browser.cookie!.split("=")[1]!;
    const rows = await storage.db.selectFrom("web_sessions").selectAll().execute();
    expect(JSON.stringify(rows, (_, value) => (typeof value === "bigint" ? `${value}` : value))).not.toContain(token);
    const forged = ["A".repeat(43), `${token}x`, token.slice(1), rows[0]!.hash, "", `${token}=`];
    for (const value of forged) {
      const { status, body } = await new Browser(gate, `agentgate=${value}`).get(`/orgs/${acme.id}/wallet`);
      expect([value, status, body.code]).toEqual([value, 401, "session_ended"]);
    }
    expect((await gate.call("GET", "/me", undefined, token)).status).toBe(401);
    expect((await gate.call("GET", "/me", undefined, rows[0]!.hash)).status).toBe(401);
    // One that somebody has put beside it.
    expect((await new Browser(gate, `agentgate=${"A".repeat(43)}; agentgate=${token}`).get("/me")).status).toBe(401);
  });

  test("who is signed in is listed page by page, each to those who may end it, and one can be ended", async () => {
    const limited = await keyOf({ name: "desk", scopes: ["logs:read"] });
    gate.clock.skip(1_000);
    const desk = await signedIn(limited.key);
    gate.clock.skip(1_000);
    const browser = new Browser(gate);
    await browser.call("POST", "/session", { key: acme.key }, { "user-agent": `Firefox ${"x".repeat(1_000)}` });
    const { entries, next } = (await browser.get("/sessions?limit=1")).body;
    expect(entries).toEqual([
      {
        id: expect.stringMatching(/^[\da-f]{32}$/),
        ...{ is_current: true, key: null, client_ip: "127.0.0.1" },
        user_agent: expect.stringMatching(/^Firefox x{292}$/),
        ...{ created_at: expect.any(String), last_used_at: entries[0].created_at, expires_at: expect.any(String) },
      },
    ]);
    const { body } = await browser.get(`/sessions?limit=1&before=${next}`);
    const other = body.entries[0];
    expect(other).toMatchObject({ is_current: false, key: { name: "desk" } });
    // A key that was made for something sees and ends its own alone, and nobody another organization's.
    expect((await desk.get("/sessions")).body.entries.map(({ id }: any) => id)).toEqual([other.id]);
    for (const one of [desk, await signedIn(globex.key)]) {
      expect((await one.call("DELETE", `/sessions/${entries[0].id}`)).status).toBe(404);
    }
    for (const bad of ["x", "%27", entries[0].id.toUpperCase()])
      expect((await browser.call("DELETE", `/sessions/${bad}`)).status).toBe(404);
    expect((await browser.call("DELETE", `/sessions/${other.id}`)).status).toBe(204);
    await ended(desk.at(node));
    expect((await browser.get("/session")).status).toBe(200);
    expect((await browser.call("DELETE", `/sessions/${other.id}`)).status).toBe(404);
  });

  test("other sites' requests do nothing, whatever they send; the page's own do", async () => {
    const browser = await signedIn(acme.key);
    const own = `/orgs/${acme.id}`;
    const evil = "https://evil.example";
    const foreign: Record<string, Record<string, string | undefined>> = {
      "a form": { origin: evil, "sec-fetch-site": "cross-site", "x-agentgate-web": undefined },
      "a script": { origin: evil, "sec-fetch-site": "cross-site" },
      "an origin that may call": { origin: "https://app.example", "sec-fetch-site": "cross-site" },
      "a sibling": { "sec-fetch-site": "same-site" },
      "no origin": { origin: undefined },
      "a null origin": { origin: "null" },
      "an origin like ours": { origin: `${gate.url}.evil.example` },
      "our origin over https": { origin: gate.url.replace("http:", "https:") },
      "no Sec-Fetch-Site": { "sec-fetch-site": undefined },
      "no header of ours": { "x-agentgate-web": undefined },
    };
    for (const [name, headers] of Object.entries(foreign)) {
      for (const [method, path, body] of [
        ["PUT", own, { name: "taken over" }],
        ["POST", `${own}/rotate-key`, undefined],
        ["DELETE", `/agents/${priced}`, undefined],
        ["DELETE", "/session", undefined],
        ["DELETE", "/sessions", undefined],
      ] as const) {
        const { status, body: answer } = await browser.call(method, path, body, headers);
        expect([name, method, path, status, answer.code]).toEqual([name, method, path, 403, "not_own_page"]);
      }
      const stranger = new Browser(gate);
      const signIn = await stranger.call("POST", "/session", { key: globex.key }, headers);
      expect([name, signIn.status, stranger.cookie]).toEqual([name, 403, undefined]);
    }
    expect((await browser.get(own)).body.name).toBe('Acme & "Sons" <b>');
    // What a page elsewhere loads is not signed in; a link from there, followed, is.
    const load = { origin: undefined, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
    expect((await browser.call("GET", own, undefined, load)).status).toBe(403);
    const preflight = await browser.call("OPTIONS", own, undefined, {
      origin: "https://app.example",
      "access-control-request-method": "PUT",
    });
    expect(preflight.headers.get("access-control-allow-credentials")).toBeNull();
    expect(preflight.headers.get("access-control-allow-headers")).not.toMatch(/agentgate-web/i);
    // Where nobody need be known, whoever comes from elsewhere is not.
    expect((await browser.call("GET", `/agents/${priced}`, undefined, load)).status).toBe(200);
  });

  test("it calls no agents and makes no sessions: that takes a key, and a key wins", async () => {
    await gate.call("POST", `/orgs/${acme.id}/topup`, { amount: 10 });
    const browser = await signedIn(acme.key);
    const chain = await browser.call("POST", "/chains/", { name: "c", steps: [{ agent_id: priced }] });
    expect(chain.status).toBe(201);
    for (const [path, body] of [
      [`/chains/${chain.body.id}/run`, { input: "x" }],
      [`/chains/${chain.body.id}/run/stream`, { input: "x" }],
      ["/session/codes", undefined],
    ] as const) {
      const { status, body: answer } = await browser.call("POST", path, body);
      expect([path, status, answer.code]).toEqual([path, 401, "key_needed"]);
    }
    // Without a payer, as if nobody were known.
    const task = await browser.call("POST", `/agents/${priced}/task`, textTask("hi"));
    expect([task.status, task.body.detail]).toEqual([402, expect.stringContaining("Payment required")]);
    const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "hi" }] };
    const rpc = { jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message } };
    const a2a = await browser.call("POST", `/agents/${priced}`, rpc, { "a2a-version": "1.0" });
    expect(a2a.body.error.message).toContain("Payment required");
    const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${priced}/task/ws`, {
      headers: { cookie: browser.cookie!, origin: gate.url },
    });
    const answers: any[] = [];
    socket.on("message", (data) => answers.push(JSON.parse(data.toString())));
    socket.on("open", () => socket.send(JSON.stringify({ type: "task", task: textTask("hi") })));
    await expect.poll(() => answers.at(-1)?.data).toContain("Payment required");
    socket.close();
    expect(agent.received).toHaveLength(0);

    const bearer = { authorization: `Bearer ${globex.key}` };
    expect((await browser.call("GET", "/me", undefined, bearer)).body.org_id).toBe(globex.id);
    expect((await browser.call("GET", "/me", undefined, { authorization: "Bearer nobody" })).status).toBe(401);
    expect((await browser.call("GET", "/me", undefined, { authorization: "Basic eDp5" })).status).toBe(401);
    const paid = await browser.call("POST", `/agents/${priced}/task`, textTask("hi"), {
      authorization: `Bearer ${acme.key}`,
    });
    expect(paid.status).toBe(200);
  });

  test("it ends with its key, soon on every node", async () => {
    const made = await keyOf({});
    const [deleted, disabled] = [await signedIn(made.key), await signedIn((await keyOf({})).key)];
    const tab = deleted.at(node);
    expect((await tab.get("/me")).status).toBe(200);
    await gate.call("DELETE", made.path, undefined, acme.key);
    await ended(tab);
    await ended(deleted);
    expect((await disabled.get("/me")).status).toBe(200);

    const rotated = await gate.createOrg("Rotated");
    const old = await signedIn(rotated.key);
    const { new_api_key } = (await old.call("POST", `/orgs/${rotated.id}/rotate-key`)).body;
    expect((await old.at(node).get("/orgs/me")).body.pending_rotation).toEqual({ this_key: "old" });
    const fresh = await signedIn(new_api_key, node);
    await gate.call("POST", `/orgs/${rotated.id}/confirm-rotation`, undefined, new_api_key);
    await Promise.all([ended(old), ended(old.at(node))]);
    expect((await fresh.get("/me")).status).toBe(200);
    await gate.call("DELETE", `/orgs/${rotated.id}`);
    await ended(fresh);
  });

  test("signing out ends one session, for whoever has copied it too; or all of them", async () => {
    const [one, other] = [await signedIn(acme.key), await signedIn(acme.key, node)];
    const limited = await keyOf({ scopes: ["wallet:read"] });
    const [small, twin] = [await signedIn(limited.key), await signedIn(limited.key)];
    const stolen = one.at(node);
    expect((await stolen.get("/me")).status).toBe(200);
    expect((await one.call("DELETE", "/session")).status).toBe(204);
    expect(one.cookie).toBeUndefined();
    await ended(stolen);
    expect((await one.call("DELETE", "/session")).status).toBe(204);
    // A small key signs out what it was shown for.
    expect((await small.call("DELETE", "/sessions")).status).toBe(204);
    await ended(twin);
    expect((await other.get("/me")).status).toBe(200);
    const again = await signedIn(limited.key);
    expect((await gate.call("DELETE", "/sessions", undefined, acme.key)).status).toBe(204);
    await Promise.all([ended(other), ended(again)]);
  });

  test("two tabs have one session, and signing in anew takes the place of it", async () => {
    const tab = await signedIn(acme.key);
    const second = tab.at(gate);
    expect((await second.get("/me")).body.org_id).toBe(acme.id);
    const before = tab.at(gate);
    await second.signIn(globex.key);
    expect(second.cookie).not.toBe(before.cookie);
    await ended(before);
    expect((await second.get("/me")).body.org_id).toBe(globex.id);
  });

  test("one that is used lives for a week, one that is not for twelve hours", async () => {
    const [used, unused] = [await signedIn(acme.key), await signedIn(acme.key)];
    const noted = () =>
      expect.poll(async () => {
        const rows = storage.db.selectFrom("web_sessions").select("ends_at").orderBy("ends_at", "desc").limit(1);
        return Number((await rows.executeTakeFirstOrThrow()).ends_at) / 1000 - gate.clock.now();
      });
    for (let hours = 0; hours < 6 * 24; hours += 11) {
      await noted().toBeGreaterThan(11.5 * HOUR_MS);
      gate.clock.skip(11 * HOUR_MS);
      expect((await used.at(hours % 22 === 0 ? node : gate).get("/session")).status, `${hours} h`).toBe(200);
      if (hours > 0) expect((await unused.get("/session")).status).toBe(401);
    }
    gate.clock.skip(11 * HOUR_MS);
    await used.get("/session");
    gate.clock.skip(6 * HOUR_MS);
    await used.get("/session");
    gate.clock.skip(8 * HOUR_MS);
    expect((await used.get("/session")).status).toBe(401);
  });

  test("a key has a bounded number of them: one more ends the oldest; none that is over stays", async () => {
    const { key } = await keyOf({});
    const all: Browser[] = [];
    for (let count = 0; count < 21; count++) {
      all.push(await signedIn(key));
      gate.clock.skip(6_000);
    }
    expect((await all[0]!.get("/me")).status).toBe(401);
    expect((await all[1]!.get("/me")).status).toBe(200);
    gate.clock.skip(8 * 24 * HOUR_MS);
    await signedIn(key);
    expect(await storage.db.selectFrom("web_sessions").select("hash").execute()).toHaveLength(1);
  });

  test("what was begun while a clock was ahead ends when it is right again, and keeps nothing else out", async () => {
    const gate = await startTestGateway(engine);
    const ahead = 3_650 * 24 * HOUR_MS;
    gate.clock.shiftWall(ahead);
    const wrong = await gate.another();
    gate.clock.shiftWall(-ahead);
    const link = async (at: TestGateway) => (await at.call("POST", "/session/codes")).body.url;
    const signIn = async (url: string) =>
      (await new Browser(gate).call("POST", "/session", { code: new URL(url).searchParams.get("code") })).status;
    const early: Browser[] = [];
    for (let count = 0; count < 20; count++) early.push(await signedIn(ADMIN_KEY, wrong));
    const links: string[] = [];
    for (let count = 0; count < 5; count++) links.push(await link(wrong));
    expect((await early[19]!.get("/session")).status).toBe(200);
    expect((await early[19]!.at(gate).get("/session")).status).toBe(401);
    gate.clock.skip(120_000);
    expect(await signIn(links[4]!)).toBe(401);
    const late = await signedIn(ADMIN_KEY, gate);
    expect((await late.get("/session")).status).toBe(200);
    expect((await late.get("/sessions")).body.entries).toMatchObject([{ is_current: true }]);
    expect(await signIn(await link(gate))).toBe(200);
    await gate.close();
  });

  test("a link signs in once, within a minute; looking at it uses nothing up", async () => {
    const link = async (key = acme.key) => (await gate.call("POST", "/session/codes", undefined, key)).body;
    const { url, expires_in } = await link();
    expect([url, expires_in]).toEqual([expect.stringMatching(`^${gate.url}/sign-in\\?code=[\\w-]{43}$`), 60]);
    const path = url.slice(gate.url.length);
    for (let look = 0; look < 2; look++) {
      const page = await new Browser(node).get(path);
      expect([page.status, page.text]).toEqual([200, expect.stringContaining("Acme &#38; &#34;Sons&#34; &#60;b&#62;")]);
    }
    const code = new URL(url).searchParams.get("code")!;
    const tries = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        new Browser(index % 2 === 0 ? gate : node).call("POST", "/session", { code }),
      ),
    );
    expect(tries.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
    const late = new URL((await link()).url).searchParams.get("code")!;
    gate.clock.skip(61_000);
    expect((await new Browser(gate).call("POST", "/session", { code: late })).body.code).toBe("code_ended");
    // Of one key a few wait at a time.
    const codes: string[] = [];
    for (let count = 0; count < 7; count++) {
      codes.push(new URL((await link()).url).searchParams.get("code")!);
      gate.clock.skip(1_000);
    }
    const answers = await Promise.all(
      [0, 1, 2, 6].map((at) => new Browser(gate).call("POST", "/session", { code: codes[at] })),
    );
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 200, 200]);

    const first = await gate.gateway.signInLink();
    gate.clock.skip(590_000);
    const admin = new Browser(gate);
    await admin.call("POST", "/session", { code: new URL(first).searchParams.get("code") });
    expect((await admin.get("/session")).body.kind).toBe("admin");
  });

  test("the form needs no script, and says what is wrong", async () => {
    const browser = new Browser(gate);
    const page = await browser.get("/sign-in");
    expect(page.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; .*form-action 'self'; .*frame-ancestors 'none'/,
    );
    expect(page.text).toContain('<form method="post" action="/sign-in"');
    const wrong = await browser.call("POST", "/sign-in", new URLSearchParams({ key: "<script>" }));
    expect([wrong.status, wrong.headers.get("content-type")]).toEqual([401, "text/html; charset=utf-8"]);
    expect(wrong.text).toMatch(/<p role="alert"[^>]*>Invalid API key<\/p>/);
    expect(wrong.text).not.toContain("<script>");
    const evil = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    const form = new URLSearchParams({ key: acme.key });
    expect((await browser.call("POST", "/sign-in", form, evil)).status).toBe(403);
    expect(browser.cookie).toBeUndefined();
    const done = await browser.call("POST", "/sign-in", form);
    expect([done.status, done.headers.get("location")]).toEqual([303, "/dashboard"]);
    for (const [next, leads] of [
      ["/dashboard/agents?q=x", "/dashboard/agents?q=x"],
      ["/dashboard/../agents/", "/dashboard"],
      ["//evil.example/dashboard", "/dashboard"],
      ["/dashboard\\..\\..\\evil", "/dashboard"],
      ["https://evil.example/", "/dashboard"],
    ] as const) {
      const again = await browser.call("POST", "/sign-in", new URLSearchParams({ key: acme.key, next }));
      expect(again.headers.get("location"), next).toBe(leads);
    }
    expect((await browser.get("/me")).body.org_id).toBe(acme.id);
    expect((await browser.call("POST", "/sign-in", { key: acme.key })).status).toBe(401);
    expect((await browser.call("POST", "/sign-in", new URLSearchParams({ key: "x".repeat(20_000) }))).status).toBe(413);
  });

  test("an address has so many tries", async () => {
    const tries: number[] = [];
    for (let count = 0; count < 22; count++) {
      const { status, headers } = await new Browser(gate).call("POST", "/session", { key: `ag_org_${count}` });
      if (status === 429) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      tries.push(status);
    }
    expect(tries.filter((status) => status === 401)).toHaveLength(20);
    expect((await new Browser(gate).call("POST", "/session", { key: acme.key })).status).toBe(429);
    expect((await new Browser(gate).call("POST", "/sign-in", new URLSearchParams({ key: acme.key }))).status).toBe(429);
  });

  test("over https the cookie is this host's alone; in clear text there is none", async () => {
    const own = { origin: "https://gate.example" };
    const browser = new Browser(secure);
    const { status, headers } = await browser.call("POST", "/session", { key: acme.key }, own);
    expect(status).toBe(200);
    expect(headers.get("set-cookie")).toMatch(
      /^__Host-agentgate=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect((await browser.get("/me")).status).toBe(200);
    // Under the name that a neighbour in clear text could set, it is nothing.
    const planted = new Browser(secure, browser.cookie!.replace("__Host-", ""));
    expect((await planted.get("/me")).status).toBe(401);
    expect((await new Browser(gate, browser.cookie).get("/me")).status).toBe(401);
    // By its own address it has no origin that counts.
    expect((await new Browser(secure).call("POST", "/session", { key: acme.key })).status).toBe(403);
  });
});

test.each([
  ["localhost:8000", undefined, "http://localhost:8000"],
  ["127.0.0.1:80", undefined, "http://127.0.0.1"],
  ["[::1]:8000", "http://localhost:8000", "http://[::1]:8000"],
  ["gate.example", "https://gate.example/at", "https://gate.example"],
  ["gate.example", undefined, undefined],
  ["localhost.evil.example", undefined, undefined],
  ["127.0.0.1.evil.example", undefined, undefined],
  ["evil@localhost:1", undefined, undefined],
  ["", undefined, undefined],
  [undefined, undefined, undefined],
  ["localhost:8000", "http://gate.example", undefined],
])("opened as %s, public as %s: %s", (host, publicUrl, origin) => {
  expect(sessionPlaceOf(host, publicUrl)?.origin).toBe(origin);
});
