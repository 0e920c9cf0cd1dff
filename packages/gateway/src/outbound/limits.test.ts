import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { kindOf, openDialer } from "./testing/open-dialer.ts";
import { answer, startRawServer } from "./testing/raw-server.ts";

const limits = { timeoutMs: 60_000, maxResponseBytes: 10_000 };
const silent = () => {};

test("calls beyond the places wait, in order; beyond the waiting places they are turned away", async () => {
  await using server = await startRawServer((socket) => setTimeout(() => socket.write(answer("ok")), 20));
  await using dialer = openDialer({ limits: { callsPerOrigin: 2, waitingPerOrigin: 3 } });
  const finished: number[] = [];
  const outcomes = await Promise.all(
    Array.from({ length: 7 }, async (_, id) => {
      const outcome = await kindOf(dialer.send({ url: server.url, method: "POST", ...limits }).response);
      if (outcome === "fulfilled") finished.push(id);
      return outcome;
    }),
  );
  expect(outcomes.filter((outcome) => outcome === "busy")).toHaveLength(2);
  expect(finished).toEqual([0, 1, 2, 3, 4]);
  expect(server.connections).toBe(2);
});

test("streams have places of their own, and none waits", async () => {
  await using server = await startRawServer((socket, request) => {
    socket.write(request.startsWith("POST") ? answer("ok") : "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  });
  await using dialer = openDialer({ limits: { streamsPerOrigin: 2, callsPerOrigin: 1 } });
  const stream = () => dialer.open({ url: server.url, method: "GET", ...limits });
  const [first, second, third] = [stream(), stream(), stream()];
  expect(await kindOf(third.response)).toBe("busy");
  await Promise.all([first.response, second.response]);
  await dialer.send({ url: server.url, method: "POST", ...limits }).response;
  first.abort();
  await expect.poll(() => dialer.stats().streams).toBe(1);
  await stream().response;
});

test("all origins together are bounded", async () => {
  await using one = await startRawServer(silent);
  await using two = await startRawServer(silent);
  await using dialer = openDialer({ limits: { calls: 2 } });
  const send = (url: string) => dialer.send({ url, method: "POST", ...limits });
  const calls = [send(one.url), send(two.url)];
  expect(await kindOf(send(two.url).response)).toBe("busy");
  calls[0]!.abort();
  await expect.poll(() => dialer.stats().calls).toBe(1);
  send(one.url);
  expect(dialer.stats().calls).toBe(2);
});

test("an origin without calls makes room for another; one with calls does not", async () => {
  await using one = await startRawServer((socket) => socket.write(answer("ok")));
  await using two = await startRawServer(silent);
  await using three = await startRawServer(silent);
  await using dialer = openDialer({ limits: { origins: 2 } });
  const send = (url: string) => dialer.send({ url, method: "POST", ...limits });
  const prepared = dialer.prepare(one.url);
  await dialer.send({ url: prepared, method: "POST", ...limits }).response;
  send(two.url);
  send(three.url);
  expect(Object.keys(dialer.stats().origins)).toEqual([two, three].map(({ port }) => `http://127.0.0.1:${port}`));
  await expect.poll(() => one.sockets.size).toBe(0);
  expect(await kindOf(dialer.send({ url: prepared, method: "POST", ...limits }).response)).toBe("busy");
});

test("an origin unused for a minute gives up its connections, and gets new ones when it is called", async () => {
  const clock = new ManualClock();
  await using server = await startRawServer((socket) => socket.write(answer("ok")));
  await using dialer = openDialer({ clock });
  const prepared = dialer.prepare(server.url);
  const call = () => dialer.send({ url: prepared, method: "POST", ...limits }).response;
  await call();
  clock.advance(30_000);
  expect(Object.keys(dialer.stats().origins)).toHaveLength(1);
  clock.advance(60_000);
  expect(dialer.stats().origins).toEqual({});
  await expect.poll(() => server.sockets.size).toBe(0);
  expect((await call()).status).toBe(200);
});

test("an origin with a call under way keeps its connections however long it takes", async () => {
  const clock = new ManualClock();
  await using server = await startRawServer((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
  await using dialer = openDialer({ clock });
  await dialer.open({ url: server.url, method: "GET", maxResponseBytes: 10, timeoutMs: 3_600_000 }).response;
  clock.advance(600_000);
  expect(dialer.stats()).toMatchObject({ streams: 1, open: 1 });
});

test("closing lets calls end, those that wait for a place too, and takes no new ones", async () => {
  let arrived = 0;
  const server = createServer((_, response) => {
    arrived += 1;
    setTimeout(() => response.end("ok"), 100);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const dialer = openDialer({ limits: { callsPerOrigin: 2 } });
  const calls = Array.from({ length: 6 }, () => dialer.send({ url, method: "POST", ...limits }).response);
  await expect.poll(() => arrived).toBe(2);
  const closing = dialer.close(60_000);
  expect(await kindOf(dialer.send({ url, method: "POST", ...limits }).response)).toBe("aborted");
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(6).fill(200));
  await closing;
  await new Promise((resolve) => server.close(resolve));
});

test("closing cuts off what does not end in time", async () => {
  await using server = await startRawServer(silent);
  const dialer = openDialer({ limits: { callsPerOrigin: 1, waitingPerOrigin: 20_000, calls: 50_000 } });
  const send = () => kindOf(dialer.send({ url: server.url, method: "POST", ...limits }).response);
  const outcomes = Array.from({ length: 20_000 }, send);
  outcomes.push(kindOf(dialer.open({ url: server.url, method: "POST", ...limits }).response));
  await expect.poll(() => server.requests.length).toBe(2);
  await dialer.close(50);
  expect(new Set(await Promise.all(outcomes))).toEqual(new Set(["aborted"]));
  await expect.poll(() => server.sockets.size).toBe(0);
});

test("closing twice is closing once", async () => {
  await using server = await startRawServer((socket) => socket.write(answer("ok")));
  const dialer = openDialer();
  await dialer.send({ url: server.url, method: "POST", ...limits }).response;
  await Promise.all([dialer.close(), dialer.close(0)]);
  await dialer.close();
});
