import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";

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
    const page = (await (await get(path)).text()).replace(/(?:value|href)="[^"]*"/g, "");
    expect(page, path).toContain("n a⟨U+202E⟩b⟨U+200B⟩");
    expect(page, path).not.toMatch(/[\u202e\u200b]/);
  }
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
  expect(names.map((name) => name.split(".").at(-1)).sort()).toEqual(["css", "js", "woff2", "woff2"]);
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
