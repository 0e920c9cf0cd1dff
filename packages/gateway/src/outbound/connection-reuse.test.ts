import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { kindOf, openDialer } from "./testing/open-dialer.ts";
import { answer, startRawServer } from "./testing/raw-server.ts";

const limits = { timeoutMs: 60_000, maxResponseBytes: 10_000 };

test("a connection is used again", async () => {
  await using server = await startRawServer((socket) => socket.write(answer("ok")));
  await using dialer = openDialer();
  for (let i = 0; i < 10; i++) {
    await dialer.send({ url: server.url, method: "POST", ...limits }).response;
    await sleep(5);
  }
  expect(server.connections).toBe(1);
});

test("a connection the other side has closed meanwhile is not used again", async () => {
  await using server = await startRawServer((socket) => {
    socket.write(answer("ok"));
    setTimeout(() => socket.end(), 5);
  });
  await using dialer = openDialer();
  for (let i = 0; i < 5; i++) {
    expect((await dialer.send({ url: server.url, method: "POST", ...limits }).response).status).toBe(200);
    await expect.poll(() => dialer.stats().open).toBe(0);
  }
  expect(server.requests).toHaveLength(5);
});

/** Answers the first request of a connection and drops it at the second, as a server does whose keep-alive ends at that moment. */
const dropsReusedConnections = () => {
  const used = new WeakSet();
  return startRawServer((socket) => {
    if (used.has(socket)) {
      socket.resetAndDestroy();
      return;
    }
    used.add(socket);
    socket.write(answer("ok"));
  });
};

test("a GET on a connection that dies is sent once more, on a fresh one", async () => {
  await using server = await dropsReusedConnections();
  await using dialer = openDialer();
  const get = () => dialer.send({ url: server.url, method: "GET", ...limits }).response;
  await get();
  await sleep(20);
  expect((await get()).body.toString()).toBe("ok");
  expect(server.requests).toHaveLength(3);
});

test("a GET is not sent a third time", async () => {
  await using server = await startRawServer((socket) => socket.resetAndDestroy());
  await using dialer = openDialer();
  expect(await kindOf(dialer.send({ url: server.url, method: "GET", ...limits }).response)).toBe("reset");
  expect(server.requests).toHaveLength(2);
});

test("a POST on a connection that dies fails, and runs at most once", async () => {
  await using server = await dropsReusedConnections();
  await using dialer = openDialer();
  const post = (id: number) =>
    dialer.send({ url: `${server.url}${id}`, method: "POST", body: "{}", ...limits }).response;
  const outcomes: string[] = [];
  for (let id = 0; id < 20; id++) {
    outcomes.push(await kindOf(post(id)));
    await sleep(5);
  }
  expect(outcomes).toContain("reset");
  const ids = server.requests.map((request) => request.split(" ")[1]);
  expect(ids).toHaveLength(new Set(ids).size);
});

/** Time that passes without a timer having run, as while the machine sleeps or gives the process no turn. */
class StandstillClock extends ManualClock {
  lostMs = 0;
  override monotonic(): number {
    return super.monotonic() + this.lostMs;
  }
}

test("a connection unused for longer than the other side may keep it is not used, though no timer has said so", async () => {
  await using server = await dropsReusedConnections();
  const clock = new StandstillClock();
  await using dialer = openDialer({ clock });
  const post = () => dialer.send({ url: server.url, method: "POST", body: "{}", ...limits }).response;
  await post();
  await sleep(20);
  clock.lostMs += 4_001;
  expect((await post()).body.toString()).toBe("ok");
  expect(server.connections).toBe(2);
  await expect.poll(() => dialer.stats()).toMatchObject({ calls: 0, open: 1 });
});

test("after a standstill, a call has a new connection, while others are under way", async () => {
  const used = new WeakSet();
  let finish = () => {};
  await using server = await startRawServer((socket, request) => {
    if (used.has(socket)) return void socket.resetAndDestroy();
    used.add(socket);
    if (request.includes("/slow")) finish = () => socket.write(answer("slow"));
    else socket.write(answer("ok"));
    return undefined;
  });
  const clock = new StandstillClock();
  await using dialer = openDialer({ clock });
  const post = (path: string) =>
    dialer.send({ url: server.url + path, method: "POST", body: "{}", ...limits }).response;
  const slow = post("slow");
  await expect.poll(() => server.requests.length).toBe(1);
  await post("quick");
  await sleep(20);
  clock.lostMs += 1_100;
  expect((await post("next")).body.toString()).toBe("ok");
  expect(server.connections).toBe(3);
  finish();
  expect((await slow).body.toString()).toBe("slow");
  await expect.poll(() => dialer.stats()).toMatchObject({ calls: 0 });
});

test("a server that closes every connection at once after its answer never makes a POST run twice", async () => {
  await using server = await startRawServer((socket) => socket.write(answer("ok"), () => socket.destroy()));
  await using dialer = openDialer({ limits: { callsPerOrigin: 8 } });
  const outcomes = await Promise.all(
    Array.from({ length: 300 }, (_, id) =>
      kindOf(dialer.send({ url: `${server.url}${id}`, method: "POST", body: "{}", ...limits }).response),
    ),
  );
  const ids = server.requests.map((request) => request.split(" ")[1]);
  expect(ids).toHaveLength(new Set(ids).size);
  expect(outcomes.filter((outcome) => outcome === "fulfilled").length).toBeGreaterThan(250);
  expect(outcomes.filter((outcome) => outcome !== "fulfilled" && outcome !== "reset")).toEqual([]);
});

test("a queued POST survives garbage that its connection sent before it", async () => {
  await using server = await startRawServer((socket, request) => {
    socket.write(answer("ok") + (request.includes("/0 ") ? "garbage" : ""));
  });
  await using dialer = openDialer({ limits: { callsPerOrigin: 1 } });
  const post = (id: number) => dialer.send({ url: `${server.url}${id}`, method: "POST", ...limits }).response;
  const statuses = (await Promise.all([post(0), post(1), post(2)])).map(({ status }) => status);
  expect(statuses).toEqual([200, 200, 200]);
});
