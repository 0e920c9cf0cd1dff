import { connect } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { networkOf, silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import {
  type Access,
  type Action,
  createHttpServer,
  idParams,
  invalidApiKey,
  mountRoute,
  numeric,
  type Principal,
  Problem,
  route,
  text,
} from "./index.ts";
import { LargePages } from "./large-pages.ts";

const options = {
  log: silentLog,
  clock: systemClock,
  random: systemRandom,
  publicUrl: "https://gate.test",
  corsOrigins: ["https://ui.test"],
  trustedProxies: [],
  bodyBytesMax: 64_000,
};
const app = createHttpServer(options);
const [adminsCall, orgsCall] = [{ is: "admin" }, { is: "org" }] as unknown as Principal[];
const authenticate = (key: string) => (key === "admin-key" ? adminsCall : key === "org-key" ? orgsCall : undefined);
const doing = <A extends Access>(access: A): Action<A> => ({
  name: "things:do",
  access,
  administers: false,
  admit(caller) {
    if (!caller || (access === "admin" && caller !== adminsCall)) throw invalidApiKey();
    return caller;
  },
});
const Thing = z.object({ name: text().min(1).max(10), size: numeric(z.number().min(0)).default(1) });

const page = { operationId: "doThing", tag: { name: "Things", description: "d" }, summary: "s", description: "d" };

for (const definition of [
  route({
    method: "GET",
    path: "/agents/",
    action: doing("public"),
    ...page,
    responses: { 200: { description: "" } },
    handler: () => ({ ok: true }),
  }),
  route({
    method: "GET",
    path: "/agents/search",
    action: doing("public"),
    ...page,
    responses: { 200: { description: "" } },
    handler: () => [],
  }),
  route({
    method: "DELETE",
    path: "/agents/{id}",
    action: doing("public"),
    ...page,
    responses: { 204: { description: "" } },
    handler: () => {},
  }),
  route({
    method: "POST",
    path: "/agents/",
    action: doing("org"),
    ...page,
    body: Thing,
    responses: { 201: { description: "" } },
    handler: ({ body, caller }) => ({ body, caller }),
  }),
  route({
    method: "POST",
    path: "/agents/{id}/rotate",
    action: doing("org"),
    ...page,
    params: idParams,
    responses: { 200: { description: "" } },
    handler: ({ params }) => params,
  }),
  route({
    method: "GET",
    path: "/orgs/",
    action: doing("admin"),
    ...page,
    responses: { 200: { description: "" } },
    handler: () => [],
  }),
  route({
    method: "GET",
    path: "/health/boom",
    action: doing("public"),
    ...page,
    responses: { 200: { description: "" } },
    handler: () => {
      throw new Error("secret detail");
    },
  }),
  route({
    method: "GET",
    path: "/health/busy",
    action: doing("public"),
    ...page,
    responses: { 200: { description: "" } },
    handler: () => {
      throw new Problem(429, "Too many requests", { headers: { "retry-after": "1" } });
    },
  }),
]) {
  mountRoute(app, definition, { authenticate }, new LargePages(networkOf));
}
let port = 0;
beforeAll(async () => {
  await app.listen({ port: 0, host: "127.0.0.1" });
  port = (app.server.address() as { port: number }).port;
});
afterAll(() => app.close());

const call = (path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, { redirect: "manual", ...init });
const org = { authorization: "Bearer org-key", "content-type": "application/json" };

test.each(["/agents", "/agents/", "/v1/agents", "/v1/agents/", "/agents/?skill=a", "/v1/agents?x"])(
  "%s is served without a redirect",
  async (path) => {
    const response = await call(path);
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
  },
);

test("every response carries the security headers and a request id", async () => {
  const { headers } = await call("/nowhere");
  expect(Object.fromEntries(headers)).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "strict-transport-security": expect.stringContaining("max-age"),
    "x-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test("a harmless request id of the caller is kept", async () => {
  expect((await call("/agents", { headers: { "x-request-id": "trace-7" } })).headers.get("x-request-id")).toBe(
    "trace-7",
  );
  const key = `ag_org_${"k".repeat(43)}`;
  for (const harmful of ["a b", key, `x-${key.toUpperCase()}`]) {
    const { headers } = await call("/agents", { headers: { "x-request-id": harmful } });
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test.each([
  ["no key", {}, 401, "Not authenticated"],
  ["no bearer", { authorization: "Basic abc" }, 401, "Not authenticated"],
  ["an empty bearer", { authorization: "Bearer " }, 401, "Not authenticated"],
  ["an unknown key", { authorization: "Bearer nope" }, 401, "Invalid API key"],
  ["an org key on an admin route", { authorization: "bearer org-key" }, 401, "Invalid API key"],
])("%s gives 401", async (_, headers, status, detail) => {
  const response = await call("/orgs/", { headers });
  expect(response.status).toBe(status);
  expect(response.headers.get("www-authenticate")).toBe("Bearer");
  expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(await response.json()).toMatchObject({ detail, status, title: "Unauthorized", instance: "/orgs/" });
});

test("an empty body with a JSON content type means no body", async () => {
  const id = "7b0d6c1e-5f3a-4b8e-9a44-0a8a8f6d2d11";
  const response = await call(`/agents/${id}/rotate`, { method: "POST", headers: org });
  expect([response.status, await response.json()]).toEqual([200, { id }]);
});

test("validation findings say where and what", async () => {
  const response = await call("/agents/", { method: "POST", headers: org, body: '{"name":5,"size":"x"}' });
  expect(response.status).toBe(422);
  const { detail } = (await response.json()) as { detail: object[] };
  expect(detail).toEqual(
    [
      { type: "string_type", loc: ["body", "name"], msg: expect.any(String), input: 5 },
      { type: "number_type", loc: ["body", "size"], msg: expect.any(String), ...{} },
    ].map((finding) => expect.objectContaining(finding)),
  );
});

test.each([
  ["broken JSON", '{"name":', "json_invalid"],
  ["deep JSON", "[".repeat(20_000), "json_too_deep"],
  ["a missing body", "", "missing"],
  ["an array", "[]", "object_type"],
  ["null", "null", "object_type"],
  ["NaN", '{"name":"a","size":NaN}', "json_invalid"],
  ["an infinite number", '{"name":"a","size":1e400}', "number_type"],
  ["a lone surrogate", '{"name":"\\ud800"}', "custom"],
  ["a NUL", '{"name":"a\\u0000"}', "custom"],
])("%s gives 422", async (_, body, type) => {
  const response = await call("/agents/", { method: "POST", headers: org, body });
  expect(response.status).toBe(422);
  expect(((await response.json()) as { detail: { type: string }[] }).detail[0]?.type).toBe(type);
});

test("broken JSON is reported before a missing key, a missing key before a bad field", async () => {
  const headers = { "content-type": "application/json" };
  expect((await call("/agents/", { method: "POST", headers, body: "{" })).status).toBe(422);
  expect((await call("/agents/", { method: "POST", headers, body: "{}" })).status).toBe(401);
});

test("numeric strings are numbers and unknown fields are ignored", async () => {
  const body = '{"name":"a","size":"5","__proto__":{"admin":true},"extra":1}';
  const response = await call("/agents/", { method: "POST", headers: org, body });
  expect([response.status, await response.json()]).toEqual([201, { body: { name: "a", size: 5 }, caller: orgsCall }]);
});

test.each([
  ["a body that is too large", 413, "application/json", `"${"x".repeat(70_000)}"`],
  ["a body that is not JSON", 415, "application/x-www-form-urlencoded", "name=a"],
])("%s gives %i", async (_, status, type, body) => {
  const response = await call("/agents/", { method: "POST", headers: { ...org, "content-type": type }, body });
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ detail: expect.any(String), status });
});

test("a wrong method gives 405 with Allow", async () => {
  const response = await call("/v1/agents/", { method: "DELETE" });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
  expect(await response.json()).toMatchObject({ detail: "Method Not Allowed" });
});

test("a method that nothing answers is 405 also where it must say what it sends, and 404 where there is nothing", async () => {
  const known = await call("/health/busy", { method: "QUERY" });
  expect([known.status, known.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  expect((await call("/nowhere", { method: "QUERY" })).status).toBe(404);
});

test("a path that stands by its own name allows what stands there, not what stands for any name", async () => {
  const allowed = async (path: string) => (await call(path, { method: "OPTIONS" })).headers.get("allow");
  expect(await allowed("/agents/search")).toBe("GET, HEAD");
  expect(await allowed("/agents/search/")).toBe("GET, HEAD");
  expect(await allowed("/agents/other")).toBe("DELETE");
});

test("a path that is too long is refused in few words", async () => {
  const response = await call(`/agents/${"x".repeat(5_000)}`, { method: "DELETE" });
  const { detail } = (await response.json()) as { detail: string };
  expect([response.status, detail.length < 100]).toEqual([414, true]);
});

test("an unexpected error tells nothing of its cause", async () => {
  const response = await call("/health/boom");
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("secret");
});

test("a browser gets a page for 404, a program never", async () => {
  const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  const page = await call("/nowhere<script>", { headers: { accept } });
  expect(page.headers.get("content-type")).toContain("text/html");
  expect(await page.text()).toContain("404 Not Found");
  const json = await call("/nowhere", { headers: { accept: "application/json, text/html" } });
  expect(await json.json()).toMatchObject({ detail: "Not Found" });
  // A cache may keep a 404 (RFC 9110, section 15.5.5): each for those alone who ask for it.
  for (const { headers } of [page, json]) expect(headers.get("vary")).toMatch(/(^|, )Accept$/);
});

test("only configured origins may call from a browser", async () => {
  const allowed = await call("/agents", {
    method: "OPTIONS",
    headers: { origin: "https://ui.test", "access-control-request-method": "POST" },
  });
  expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([204, "https://ui.test"]);
  expect(allowed.headers.get("access-control-allow-headers")).toContain("A2A-Version");
  const other = await call("/agents", { headers: { origin: "https://evil.test" } });
  expect(other.headers.get("access-control-allow-origin")).toBeNull();
  // A cache may hand an answer without an origin to a page of an allowed one.
  for (const answer of [allowed, other, await call("/agents")]) expect(answer.headers.get("vary")).toBe("Origin");
});

const raw = (bytes: string, to = port) =>
  new Promise<string>((resolve, reject) => {
    let answer = "";
    const socket = connect(to, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });

test("bytes that are not HTTP get a 400 in the contract's shape", async () => {
  expect(await raw("NOT HTTP\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 [\s\S]+"detail":"The request is not valid HTTP/);
});

test("a request that names no host gets a 400 in the contract's shape", async () => {
  const answer = await raw("GET /things HTTP/1.1\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"detail":"There is no Host header"');
});

test("headers that are too large get 431", async () => {
  expect(await raw(`GET / HTTP/1.1\r\nHost: a\r\nX-Big: ${"x".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
});

test.each([
  ["head", "GET /agents/ HTTP/1.1\r\nHost: a\r\nX-Slow: "],
  ["body", "POST /agents/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"],
])("a %s that does not arrive gets 408", async (_, bytes) => {
  const impatient = createHttpServer({ ...options, patience: { headMs: 300, requestMs: 600, checkMs: 50 } });
  impatient.post("/agents/", async () => "never reached");
  onTestFinished(() => impatient.close());
  const { port } = new URL(await impatient.listen({ port: 0, host: "127.0.0.1" }));
  expect(await raw(bytes, Number(port))).toMatch(
    /^HTTP\/1\.1 408 [\s\S]+"detail":"The request took too long to arrive"/,
  );
});

test("requests sent without waiting are answered up to a number, then the connection ends; the next one is served", async () => {
  const one = "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n";
  const last = one.replace("Host", "Connection: close\r\nHost");
  const few = await raw(one.repeat(30) + last);
  expect(few.match(/HTTP\/1\.1 404/g)).toHaveLength(31);
  const many = await raw(one.repeat(5_000)).catch(() => "");
  expect(many.match(/HTTP\/1\.1 404/g)?.length ?? 0).toBeLessThan(200);
  expect(await raw(last)).toMatch(/^HTTP\/1\.1 404/);
});

test("a path that cannot be decoded gives 400", async () => {
  const response = await call("/agents/%zz");
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ detail: expect.any(String) });
});
