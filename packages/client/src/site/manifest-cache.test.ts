import { expect, test } from "vitest";
import { AgentClient } from "./agent-client.ts";
import { instantly, manifest, recordedFetch } from "./testing/recorded-fetch.ts";

function cachingClient(options: { sitesMax?: number } = {}) {
  let time = 0;
  const { fetch, requests } = recordedFetch(({ headers }) =>
    headers["if-none-match"] === '"v1"'
      ? new Response(null, { status: 304 })
      : Response.json(manifest(), { headers: { etag: '"v1"' } }),
  );
  const client = new AgentClient({ fetch, ...options, timing: { ...instantly, now: () => time } });
  const advance = (ms: number) => {
    time += ms;
  };
  return { client, requests, advance };
}

test("a manifest is used for five minutes, then checked by its ETag", async () => {
  const { client, requests, advance } = cachingClient();
  const first = await client.discover("https://shop.test");
  advance(299_999);
  expect(await client.discover("https://shop.test/")).toBe(first);
  expect(requests).toHaveLength(1);
  advance(1);
  expect(await client.discover("https://shop.test")).toBe(first);
  expect(requests[1]?.headers["if-none-match"]).toBe('"v1"');
  advance(299_999);
  await client.discover("https://shop.test");
  expect(requests).toHaveLength(2);
});

test("refresh asks the site at once", async () => {
  const { client, requests } = cachingClient();
  await client.discover("https://shop.test");
  await client.discover("https://shop.test", { refresh: true });
  expect(requests).toHaveLength(2);
});

test("however many ask at the same time, the manifest is fetched once", async () => {
  const { client, requests } = cachingClient();
  const sites = await Promise.all(Array.from({ length: 50 }, () => client.discover("https://shop.test")));
  expect(new Set(sites).size).toBe(1);
  expect(requests).toHaveLength(1);
});

test("the least recently used site is dropped", async () => {
  const { client, requests } = cachingClient({ sitesMax: 2 });
  const visit = (host: string) => client.discover(`https://${host}.test`);
  for (const host of ["a", "b", "a", "c", "a", "b"]) await visit(host);
  expect(requests.map(({ url }) => new URL(url).host)).toEqual(["a.test", "b.test", "c.test", "b.test"]);
});

test("a failure is not kept", async () => {
  const { fetch } = recordedFetch((_, count) => (count === 1 ? new Response("", { status: 404 }) : manifest()));
  const client = new AgentClient({ fetch });
  await expect(client.discover("https://shop.test")).rejects.toThrow();
  expect((await client.discover("https://shop.test")).name).toBe("MyShop");
});

test("a caller that gives up does not take the others with it; the last one ends the request", async () => {
  const signals: AbortSignal[] = [];
  let answer = (_: Response) => {};
  const client = new AgentClient({
    fetch: (_, init) => {
      signals.push(init.signal!);
      return new Promise((resolve, reject) => {
        answer = resolve;
        init.signal!.addEventListener("abort", () => reject(init.signal!.reason));
      });
    },
  });
  const impatient = new AbortController();
  const gone = client.discover("https://shop.test", { signal: impatient.signal });
  const patient = client.discover("https://shop.test");
  impatient.abort(new Error("no time"));
  await expect(gone).rejects.toThrow("no time");
  expect(signals[0]?.aborted).toBe(false);
  answer(Response.json(manifest()));
  expect((await patient).name).toBe("MyShop");

  const alone = new AbortController();
  const last = client.discover("https://other.test", { signal: alone.signal });
  await new Promise(setImmediate);
  alone.abort();
  await expect(last).rejects.toThrow();
  expect(signals[1]?.aborted).toBe(true);
});

test("who comes right after the last caller gave up is not called off with it", async () => {
  const { fetch } = recordedFetch(() => manifest());
  const client = new AgentClient({ fetch });
  const controller = new AbortController();
  const gone = client.discover("https://shop.test", { signal: controller.signal });
  controller.abort(new Error("no time"));
  await expect(gone).rejects.toThrow("no time");
  expect((await client.discover("https://shop.test")).name).toBe("MyShop");
});
