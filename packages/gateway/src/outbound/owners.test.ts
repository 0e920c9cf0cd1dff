import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { limitsFor } from "./limits.ts";
import { kindOf, openDialer } from "./testing/open-dialer.ts";

/** One server for however many hosts; those called `hangs…` are never answered unless the listener does. */
async function startHosts(listener: RequestListener = () => {}) {
  const server = createServer((request, response) => {
    if (request.headers.host?.startsWith("hangs")) listener(request, response);
    else response.end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));
  const { port } = server.address() as AddressInfo;
  let connections = 0;
  server.on("connection", () => connections++);
  return {
    at: (host: string) => `http://${host}.test:${port}/`,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const onLoopback = { resolve: async () => [{ address: "127.0.0.1", family: 4 }] };
const request = { method: "POST", timeoutMs: 60_000, maxResponseBytes: 1_000 } as const;
const tally = (kinds: string[]) =>
  Object.fromEntries([...new Set(kinds)].map((kind) => [kind, kinds.filter((k) => k === kind).length]));

test("an owner whose hosts all hang has half of them, and takes no idle connection of another's", async () => {
  await using hosts = await startHosts();
  await using dialer = openDialer({ ...onLoopback, limits: { origins: 40 } });
  const call = (host: string, owner: string) => dialer.send({ url: hosts.at(host), owner, ...request }).response;
  await call("known", "neighbour");
  const kinds: string[] = [];
  for (let i = 0; i < 60; i++) void kindOf(call(`hangs${i}`, "greedy")).then((kind) => kinds.push(kind));
  await expect.poll(() => dialer.stats().calls).toBe(20);
  expect(tally(kinds)).toEqual({ busy: 40 });
  await expect.poll(() => hosts.connections).toBe(21);
  expect((await call("known", "neighbour")).status).toBe(200);
  expect(hosts.connections).toBe(21);
  expect((await call("new", "neighbour")).status).toBe(200);
});

test("hosts that have never answered leave a quarter to those that have, whoever calls them", async () => {
  await using hosts = await startHosts();
  await using dialer = openDialer({ ...onLoopback, limits: { origins: 40 } });
  const call = (host: string) => dialer.send({ url: hosts.at(host), ...request }).response;
  await call("known");
  const kinds: string[] = [];
  for (let i = 0; i < 60; i++) void kindOf(call(`hangs${i}`)).then((kind) => kinds.push(kind));
  await expect.poll(() => dialer.stats().calls).toBe(30);
  expect(tally(kinds)).toEqual({ busy: 30 });
  expect((await call("known")).status).toBe(200);
});

test("an owner's idle hosts make room for its own new ones before anybody else's do", async () => {
  await using hosts = await startHosts();
  await using dialer = openDialer({ ...onLoopback, limits: { origins: 8 } });
  const call = (host: string, owner: string) => dialer.send({ url: hosts.at(host), owner, ...request }).response;
  await call("known", "neighbour");
  for (let i = 0; i < 20; i++) await call(`quick${i}`, "greedy");
  const open = Object.keys(dialer.stats().origins).map((origin) => new URL(origin).hostname);
  expect(open).toEqual(["known.test", "quick16.test", "quick17.test", "quick18.test", "quick19.test"]);
});

test("an owner's calls leave places for another's", async () => {
  await using hosts = await startHosts();
  await using dialer = openDialer({ ...onLoopback, limits: { calls: 20 } });
  const call = (host: string, owner: string) => dialer.send({ url: hosts.at(host), owner, ...request });
  const calls = Array.from({ length: 30 }, () => call("hangs", "greedy"));
  const kinds: string[] = [];
  for (const { response } of calls) void kindOf(response).then((kind) => kinds.push(kind));
  await expect.poll(() => dialer.stats().calls).toBe(10);
  expect(tally(kinds)).toEqual({ busy: 20 });
  expect((await call("known", "neighbour").response).status).toBe(200);
  for (const one of calls) one.abort();
  await expect.poll(() => dialer.stats().calls).toBe(0);
  expect((await call("known", "greedy").response).status).toBe(200);
});

test("a host that hangs is held back alone, and has all its places again as soon as it answers", async () => {
  let answers = false;
  await using hosts = await startHosts((_, response) => void (answers && response.end("at last")));
  await using dialer = openDialer(onLoopback);
  const call = (host: string, timeoutMs = 100) =>
    dialer.send({ url: hosts.at(host), ...request, timeoutMs, owner: "one" }).response;
  const all = (count: number, timeoutMs?: number) =>
    Promise.all(Array.from({ length: count }, () => kindOf(call("hangs", timeoutMs))));
  expect(tally(await all(60))).toEqual({ timeout: 60 });
  expect(tally(await all(60))).toEqual({ timeout: 16, busy: 44 });
  expect((await call("known", 5_000)).status).toBe(200);
  answers = true;
  expect(tally(await all(16, 5_000))).toEqual({ fulfilled: 16 });
  expect(tally(await all(60, 5_000))).toEqual({ fulfilled: 60 });
});

test("a host that is slow within its callers' time is never held back", async () => {
  await using hosts = await startHosts((_, response) => void setTimeout(() => response.end("slow"), 300));
  await using dialer = openDialer(onLoopback);
  const all = () =>
    Promise.all(
      Array.from({ length: 200 }, () => kindOf(dialer.send({ url: hosts.at("hangs"), ...request }).response)),
    );
  for (let round = 0; round < 3; round++) expect(tally(await all())).toEqual({ fulfilled: 200 });
});

test("idle connections make room for new ones when no more may be open; those in use do not", async () => {
  await using hosts = await startHosts();
  await using dialer = openDialer({ ...onLoopback, limits: { sockets: 6 } });
  const call = (host: string, owner: string) => dialer.send({ url: hosts.at(host), owner, ...request }).response;
  await Promise.all(Array.from({ length: 4 }, () => call("first", "a")));
  await Promise.all(Array.from({ length: 2 }, () => call("second", "b")));
  expect(dialer.stats().open).toBe(6);
  expect((await call("third", "c")).status).toBe(200);
  await expect.poll(() => dialer.stats().open).toBe(3);
  const hanging: Promise<string>[] = [];
  for (let i = 0; i < 6; i++) {
    hanging.push(kindOf(call("hangs", "d")));
    await sleep(30);
  }
  expect(dialer.stats().open).toBe(6);
  expect(await kindOf(call("fourth", "e"))).toBe("busy");
  await dialer.close(0);
  expect(tally(await Promise.all(hanging))).toEqual({ aborted: 6 });
});

test("limits follow the descriptors that the process may have", () => {
  const few = limitsFor(1_024);
  expect(few.sockets).toBe(614);
  expect(few.calls).toBeLessThan(few.sockets);
  expect(few.origins).toBeLessThan(few.sockets / 3);
  expect(limitsFor(1_048_576)).toEqual(limitsFor(undefined));
});
