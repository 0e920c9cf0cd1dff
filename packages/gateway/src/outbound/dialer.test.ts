import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { openDialer } from "./testing/open-dialer.ts";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(listener: RequestListener, host = "127.0.0.1"): Promise<string> {
  const server = createServer(listener);
  open.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return `http://${isIPv6(host) ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
}

const limits = { timeoutMs: 60_000, maxResponseBytes: 1_000_000 };

test("send makes the request it was given and collects the response", async () => {
  const url = await serve((request, response) => {
    response.writeHead(201, {
      "x-seen": `${request.method} ${request.url} ${request.headers["x-a"]}`,
      "set-cookie": ["a=1", "b=2"],
    });
    request.pipe(response);
  });
  await using dialer = openDialer();
  const request = {
    url: `${url}/a2a?x=%20`,
    method: "POST",
    headers: { "X-A": "é" },
    body: '{"a":"ü"}',
    ...limits,
  } as const;
  const { status, headers, body } = await dialer.send(request).response;
  expect([status, headers["x-seen"], headers["set-cookie"], body.toString()]).toEqual([
    201,
    "POST /a2a?x=%20 é",
    ["a=1", "b=2"],
    '{"a":"ü"}',
  ]);
});

test("a body in many pieces arrives whole", async () => {
  const whole = Buffer.alloc(700_000, "0123456789");
  const url = await serve((_, response) => {
    for (let at = 0; at < whole.length; at += 10_000) response.write(whole.subarray(at, at + 10_000));
    response.end();
  });
  await using dialer = openDialer();
  expect((await dialer.send({ url, method: "GET", ...limits }).response).body.equals(whole)).toBe(true);
});

test("open hands out the body while it arrives", async () => {
  const url = await serve((_, response) => {
    response.write("one");
    setTimeout(() => response.end("two"), 20);
  });
  await using dialer = openDialer();
  const { status, body } = await dialer.open({ url, method: "GET", ...limits }).response;
  const chunks: string[] = [];
  for await (const chunk of body) chunks.push(chunk.toString());
  expect([status, ...chunks]).toEqual([200, "one", "two"]);
});

test("a prepared target is called like its URL", async () => {
  const url = await serve((request, response) => response.end(request.url));
  await using dialer = openDialer();
  const prepared = dialer.prepare(`${url}/x`);
  expect(prepared.url.href).toBe(`${url}/x`);
  expect((await dialer.send({ url: prepared, method: "GET", ...limits }).response).body.toString()).toBe("/x");
});

test("informational responses are passed over", async () => {
  const url = await serve((_, response) => {
    response.writeEarlyHints({ link: "</a>; rel=preload" });
    response.end("final");
  });
  await using dialer = openDialer();
  const { status, body } = await dialer.send({ url, method: "GET", ...limits }).response;
  expect([status, body.toString()]).toEqual([200, "final"]);
});

test.skipIf(!networkInterfaces().lo?.some(({ address }) => address === "::1"))(
  "an IPv6 address is called",
  async () => {
    const url = await serve((request, response) => response.end(request.headers.host), "::1");
    await using dialer = openDialer();
    expect((await dialer.send({ url, method: "GET", ...limits }).response).body.toString()).toBe(new URL(url).host);
  },
);

test("stats tell what is under way, by origin", async () => {
  const url = await serve(() => {});
  await using dialer = openDialer();
  dialer.send({ url, method: "GET", ...limits }).response.catch(() => {});
  dialer.open({ url, method: "GET", ...limits }).response.catch(() => {});
  const counts = { calls: 1, streams: 1, waiting: 0, connecting: 0, open: 2 };
  await expect.poll(() => dialer.stats()).toEqual({ ...counts, answerBytes: 0, origins: { [url]: counts } });
});
