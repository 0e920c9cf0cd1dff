import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { adminPages } from "./admin-pages.ts";

let gate: TestGateway;
beforeAll(async () => {
  gate = await startTestGateway("sqlite");
});
afterAll(() => gate.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(gate.url + path, { headers: { accept: "text/html", ...headers }, redirect: "manual" });

test("who is not signed in is led to where that is done, and back", async () => {
  const answer = await get("/dashboard/agents?q=a%20b");
  expect([answer.status, answer.headers.get("location")]).toEqual([
    303,
    `/sign-in?next=${encodeURIComponent("/dashboard/agents?q=a%20b")}`,
  ]);
  expect(answer.headers.get("cache-control")).toBe("no-store");
});

test("programs are told where things are at the gateway's bare address, browsers get a page", async () => {
  const index = await fetch(`${gate.url}/`);
  expect(await index.json()).toMatchObject({ name: "AgentGate", openapi: expect.stringMatching(/\/openapi\.json$/) });
  const page = await get("/");
  expect([page.status, page.headers.get("cache-control")]).toEqual([200, "public, max-age=10"]);
  expect(await page.text()).toContain("No agent is here yet");
  expect(page.headers.get("vary")).toContain("Accept");
});

test("what hides in a name, a tag or a question is shown, on every page and in its title", async () => {
  const hidden = "a\u202eb\u200b";
  const { id } = await gate.register({
    name: `n ${hidden}`,
    url: "http://127.0.0.1:9999",
    tags: [hidden],
    description: hidden,
  });
  for (const path of [
    "/",
    "/marketplace",
    `/marketplace?q=${encodeURIComponent(`n ${hidden}`)}`,
    `/marketplace/${id}/n-a-b`,
  ]) {
    const written = async () => (await (await get(path)).text()).replace(/(?:value|href)="[^"]*"/g, "");
    // Pages that tell of many agents are some moments old.
    await expect.poll(written, { message: path }).toContain("n a⟨U+202E⟩b⟨U+200B⟩");
    const page = await written();
    expect(page, path).not.toMatch(/[\u202e\u200b]/);
  }
});

test("who has a page already is not sent it again", async () => {
  const page = await get("/status");
  const etag = page.headers.get("etag")!;
  expect(etag).toMatch(/^W\/"[\w-]{27}"$/);
  const again = await get("/status", { "if-none-match": `"other", ${etag}` });
  expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
  expect((await get("/status", { "if-none-match": '"other"' })).status).toBe(200);
});

test("pages are compressed for who takes that, and for nobody else", async () => {
  for (const [path, accepted, encoding] of [
    ["/marketplace", "gzip, deflate, br, zstd", "gzip"],
    ["/guide", "br;q=1.0, gzip;q=0.8", "gzip"],
    ["/guide", "br, gzip;q=0", null],
    ["/guide", "xgzip", null],
    ["/guide", "identity", null],
  ] as const) {
    const page = await get(path, { "accept-encoding": accepted });
    expect([path, accepted, page.headers.get("content-encoding")]).toEqual([path, accepted, encoding]);
    expect(await page.text()).toMatch(/<\/html>\s*$/);
  }
});

test("search engines are told of pages and public agents alone, in words that nothing written by strangers ends", async () => {
  const url = "http://127.0.0.1:9999";
  const name = "</script><b>&\u2028";
  const shown = await gate.register({ name, url, description: name });
  const hidden = await gate.register({ name: "unseen", url, visibility: "granted" });
  const sitemap = await (await get("/sitemap.xml")).text();
  expect(sitemap).toContain(`<loc>${gate.url}/marketplace/${shown.id}/script-b</loc><lastmod>`);
  expect(sitemap).not.toContain(hidden.id);
  expect(sitemap).toContain(`<loc>${gate.url}/guide/stats</loc>`);
  expect(await (await get("/robots.txt")).text()).toContain(`Sitemap: ${gate.url}/sitemap.xml`);
  const page = await (await get(`/marketplace/${shown.id}/script-b`)).text();
  const [, data] = /<script type="application\/ld\+json">(.*?)<\/script>/s.exec(page)!;
  expect(JSON.parse(data!)).toMatchObject({ "@type": "SoftwareApplication", name: "</script><b>&⟨U+2028⟩" });
  expect(page).toContain(`<link rel="canonical" href="${gate.url}/marketplace/${shown.id}/script-b">`);
  expect(page).toContain('<meta property="og:description"');
});

test("every part of the sitemap of a large directory has the agents whose ids begin with it", async () => {
  const { id } = await gate.register({ name: "parted", url: "http://127.0.0.1:9999" });
  expect(await (await get(`/sitemap-${id.slice(0, 2)}.xml`)).text()).toContain(id);
  const other = id.startsWith("00") ? "ff" : "00";
  expect(await (await get(`/sitemap-${other}.xml`)).text()).not.toContain(id);
  expect((await get("/sitemap-zz.xml")).status).toBe(404);
});

test("the guide is read where the gateway runs, by links, and searched without a script", async () => {
  const index = await (await get("/guide")).text();
  for (const [, path] of index.matchAll(/href="(\/guide\/[^"]+)"/g)) expect((await get(path!)).status, path).toBe(200);
  expect(await (await get("/guide?q=Standard%20Webhooks")).text()).toContain('href="/guide/webhooks#');
  expect((await get("/guide/stats.md")).headers.get("location")).toBe("/guide/stats");
  expect((await get("/guide/__proto__")).status).toBe(404);
  expect(await (await get("/guide?q=%3Cscript%3E")).text()).not.toContain("<script>alert");
});

test.each(["x", "00000000-0000-4000-8000-000000000000"])("/marketplace/%s is no agent", async (id) => {
  expect((await get(`/marketplace/${id}`)).status).toBe(404);
});

test.each(["?page=-1", "?page=9e9", "?sort=__proto__", "?q[]=a", `?q=${"x".repeat(5000)}`, "?tag=%00"])(
  "/marketplace%s is answered",
  async (query) => expect((await get(`/marketplace${query}`)).status).toBe(200),
);

test("a page names its scripts, styles and fonts; they come compressed and may be kept for ever", async () => {
  const page = await (await get("/sign-in", { cookie: "theme=dark" })).text();
  expect(page).toContain('<html lang="en" data-theme="dark">');
  const names = [...page.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, name]) => name!);
  expect(new Set(names.map((name) => name.split(".").at(-1)))).toEqual(new Set(["css", "js", "woff2"]));
  for (const name of names) {
    const asset = await get(name);
    expect([asset.status, asset.headers.get("cache-control")], name).toEqual([
      200,
      "public, max-age=31536000, immutable",
    ]);
  }
  const styles = names.find((name) => name.endsWith(".css"))!;
  const plain = await (await get(styles, { "accept-encoding": "identity" })).text();
  for (const encoding of ["br", "gzip"]) {
    const asset = await get(styles, { "accept-encoding": encoding });
    expect(asset.headers.get("content-encoding")).toBe(encoding);
    expect(await asset.text()).toBe(plain);
  }
});

test.each(["pages.json", "..%2fpackage.json", "nothing.js", "styles.css.gz"])("/assets/%s is none", async (name) => {
  expect((await get(`/assets/${name}`)).status).toBe(404);
});

test("pages of the admin have addresses of their own: none is an operation's, and none is made up", async () => {
  const { paths } = (await (await fetch(`${gate.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  const shape = (path: string) => path.replace(/:[a-z_]+|\{[a-z_]+\}/g, "*");
  const operations = new Set(Object.keys(paths).map(shape));
  expect(operations.has("/admin/ledger/verify")).toBe(true);
  for (const page of adminPages) {
    expect(operations.has(shape(page)), page).toBe(false);
    const answer = await get(page.replace(":id", "x"));
    expect([answer.status, answer.headers.get("location")?.startsWith("/sign-in?next=%2Fadmin")], page).toEqual([
      303,
      true,
    ]);
  }
  const operation = await get("/admin/ledger/verify");
  expect([operation.status, operation.headers.get("content-type")]).toEqual([
    401,
    expect.stringContaining("application/problem+json"),
  ]);
  expect((await get("/admin/nothing")).status).toBe(404);
});

test("a card is compared with the agent's own, unless the two are very large", async () => {
  const url = "http://127.0.0.1:9999";
  const pageOf = async (name: string, more: object) => {
    const card = {
      ...{ name, description: "Says hello", version: "1.0.0", capabilities: {}, skills: [], ...more },
      ...{ defaultInputModes: ["text/plain"], defaultOutputModes: ["text/plain"] },
      supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
    };
    const { id } = await gate.register({ card });
    const page = await get(`/marketplace/${id}/${name}/card`);
    return [page.status, await page.text()] as const;
  };
  const [status, page] = await pageOf("small", { more: "of it" });
  expect([status, page.includes('<th scope="col">Here</th>'), page.includes("too large to be compared")]).toEqual([
    ...[200, true, false],
  ]);
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`member-${n}`, n]));
  const [, large] = await pageOf("large", { many });
  expect(large).toContain("too large to be compared");
  expect(large.length).toBeLessThan(60_000);
});

test("who asks for ever more pages without a key waits, and has what is kept meanwhile", async () => {
  const own = await startTestGateway("sqlite");
  const ask = async (path: string) => {
    const answer = await fetch(own.url + path, { headers: { accept: "text/html" } });
    await answer.arrayBuffer();
    return answer;
  };
  const asked: Response[] = [];
  const refused = () => asked.filter(({ status }) => status === 429);
  // A machine that is slow gives the pace time to recover.
  while (refused().length === 0) {
    const begun = asked.length;
    asked.push(...(await Promise.all(Array.from({ length: 140 }, (_, n) => ask(`/marketplace?q=word${begun + n}`)))));
  }
  expect(asked.filter(({ status }) => status === 200).length + refused().length).toBe(asked.length);
  expect(Number(refused()[0]!.headers.get("retry-after"))).toBeGreaterThan(0);
  const known = asked.findLastIndex(({ status }) => status === 200);
  expect((await ask(`/marketplace?q=word${known}`)).status).toBe(200);
  expect((await ask("/health")).status).toBe(200);
  const parts = await Promise.all(Array.from({ length: 300 }, () => ask("/sitemap-00.xml")));
  expect(parts.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
  await own.close();
});
