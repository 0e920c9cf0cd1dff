import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";

let gate: TestGateway;
const ids: string[] = [];
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { publicUrl: "https://gate.example" });
  for (const name of ["one", "two", "three"]) {
    const fields = {
      name,
      url: "http://127.0.0.1:19999",
      description: `${name}!`,
      tags: ["t"],
      webhook_url: "http://127.0.0.1:19999/secret",
    };
    ids.unshift((await gate.register(fields)).id);
  }
});
afterAll(() => gate.close());

/** Reads page by page. */
async function pages(path: string): Promise<{ body: any; headers: Headers }[]> {
  const all: { body: any; headers: Headers }[] = [];
  for (let next: string | undefined = path; next; ) {
    const page: { body: any; headers: Headers; status: number } = await gate.call("GET", next, undefined, null);
    expect(page.status).toBe(200);
    all.push(page);
    next = /<([^>]+)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1];
  }
  return all;
}

test("the AI Catalog lists every agent by its card, page by page", async () => {
  const [first, second, ...more] = await pages("/.well-known/ai-catalog.json?limit=2");
  expect(more).toEqual([]);
  expect(first!.headers.get("content-type")).toContain("application/ai-catalog+json");
  const { entries, ...catalog } = first!.body;
  expect(catalog).toEqual({
    specVersion: "0.9",
    host: { displayName: "AgentGate", documentationUrl: "https://gate.example/docs" },
  });
  expect(entries[0]).toEqual({
    identifier: `urn:air:gate.example:agents/${ids[0]}:a2a`,
    displayName: "three",
    description: "three!",
    type: "application/a2a-agent-card+json",
    mediaType: "application/a2a-agent-card+json",
    url: `https://gate.example/agents/${ids[0]}/card`,
    version: "1.0.0",
    tags: ["t"],
    updatedAt: expect.stringMatching(/Z$/),
  });
  const urls = [...entries, ...second!.body.entries].map(({ url }) => url.replace("https://gate.example", ""));
  expect(urls).toEqual([
    ...ids.slice(0, 2).map((id) => `/agents/${id}/card`),
    "/agentgate.json",
    `/agents/${ids[2]}/card`,
  ]);
  for (const url of urls) expect((await gate.call("GET", url, undefined, null)).status).toBe(200);
});

test("the API catalog is a link set of RFC 9727, also to HEAD", async () => {
  const all = await pages("/.well-known/api-catalog?limit=2");
  expect(all).toHaveLength(2);
  const [{ headers, body }] = all as [{ headers: Headers; body: any }];
  expect(headers.get("content-type")).toBe(
    'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"',
  );
  expect(headers.get("link")).toContain('<https://gate.example/.well-known/api-catalog>; rel="api-catalog"');
  const anchors = all.flatMap(({ body }) => body.linkset.map(({ anchor }: any) => anchor));
  expect(anchors).toEqual(["https://gate.example/", ...ids.map((id) => `https://gate.example/agents/${id}`)]);
  // Each link leads somewhere.
  const links = body.linkset.flatMap(({ anchor: _, ...relations }: any) => Object.values<any>(relations).flat());
  for (const { href } of links) {
    const path = href.replace("https://gate.example", "");
    expect([path, (await gate.call("GET", path, undefined, null)).status]).toEqual([path, 200]);
  }
  const head = await fetch(`${gate.url}/.well-known/api-catalog`, { method: "HEAD" });
  expect([head.status, head.headers.get("link")]).toEqual([200, expect.stringContaining('rel="api-catalog"')]);
});

test("they name nothing that is its owner's business, and have no twin", async () => {
  for (const path of ["/.well-known/ai-catalog.json", "/.well-known/api-catalog"]) {
    expect(JSON.stringify((await gate.call("GET", path, undefined, null)).body)).not.toContain("secret");
    expect((await gate.call("GET", `/v1${path}`)).status).toBe(404);
    expect((await gate.call("GET", `${path}?after=x`)).status).toBe(422);
  }
});
