import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "@agentgate/testing";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../runtime/index.ts";
import { OutboundError, type OutboundErrorKind } from "./index.ts";
import { kindOf, openDialer } from "./testing/open-dialer.ts";
import { answer, type RawServer, type Script, startRawServer } from "./testing/raw-server.ts";

const limits = { timeoutMs: 60_000, maxResponseBytes: 10_000 };

/** How late a timeout may be noticed. */
const sweepMs = 50;

interface Misbehaviour {
  does: string;
  kind: OutboundErrorKind;
  script: Script;
}

const head = "HTTP/1.1 200 OK\r\n";
const misbehaviours: Misbehaviour[] = [
  { does: "never answers", kind: "timeout", script: () => {} },
  {
    does: "trickles its head past the deadline",
    kind: "timeout",
    script: (socket) => trickle(socket, `${head}x-a: `, "a"),
  },
  {
    does: "trickles its body past the deadline",
    kind: "timeout",
    script: (socket) => trickle(socket, `${head}content-length: 9999\r\n\r\n`, "a"),
  },
  {
    does: "sends informational responses for ever",
    kind: "timeout",
    script: (socket) => trickle(socket, "", "HTTP/1.1 102 Processing\r\n\r\n"),
  },
  { does: "closes without an answer", kind: "reset", script: (socket) => socket.end() },
  { does: "resets without an answer", kind: "reset", script: (socket) => socket.resetAndDestroy() },
  {
    does: "closes within the head",
    kind: "reset",
    script: (socket) => socket.end(`${head}content-le`),
  },
  {
    does: "closes within a body of known length",
    kind: "reset",
    script: (socket) => socket.end(`${head}content-length: 100\r\n\r\nhalf`),
  },
  {
    does: "closes within a body of known length on a connection it had said to close",
    kind: "reset",
    script: (socket) => socket.end(`${head}content-length: 100\r\nconnection: close\r\n\r\nhalf`),
  },
  {
    does: "closes within a chunk",
    kind: "reset",
    script: (socket) => socket.end(`${head}transfer-encoding: chunked\r\n\r\n10\r\nhalf`),
  },
  {
    does: "closes between chunks",
    kind: "reset",
    script: (socket) => socket.end(`${head}transfer-encoding: chunked\r\nconnection: close\r\n\r\n4\r\nhalf\r\n`),
  },
  {
    does: "resets within the body",
    kind: "reset",
    script: (socket) => socket.write(`${head}content-length: 100\r\n\r\nhalf`, () => socket.resetAndDestroy()),
  },
  { does: "answers garbage", kind: "protocol", script: (socket) => socket.end("\x00\x01garbage\r\n\r\n") },
  {
    does: "answers as another protocol",
    kind: "protocol",
    script: (socket) => socket.write("220 mail.example ESMTP\r\n"),
  },
  { does: "answers HTTP/2", kind: "protocol", script: (socket) => socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
  { does: "sends a header without a name", kind: "protocol", script: (socket) => socket.write(`${head}: x\r\n\r\n`) },
  {
    does: "sends both lengths",
    kind: "protocol",
    script: (socket) =>
      socket.write(`${head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n`),
  },
  {
    does: "sends two different lengths",
    kind: "protocol",
    script: (socket) => socket.write(`${head}content-length: 4\r\ncontent-length: 5\r\n\r\nhalf`),
  },
  {
    does: "sends a chunk size that is not one",
    kind: "protocol",
    script: (socket) => socket.write(`${head}transfer-encoding: chunked\r\n\r\nzz\r\nhalf\r\n`),
  },
  {
    does: "switches protocols unasked",
    kind: "protocol",
    script: (socket) => socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
  },
  {
    does: "compresses unasked",
    kind: "protocol",
    script: (socket) => socket.write(answer("\x1f\x8b…", "content-encoding: gzip\r\n")),
  },
  {
    does: "announces too long a body",
    kind: "too_large",
    script: (socket) => socket.write(`${head}content-length: 10001\r\n\r\n`),
  },
  {
    does: "sends too long a body in chunks",
    kind: "too_large",
    script: (socket) =>
      trickle(socket, `${head}transfer-encoding: chunked\r\n\r\n`, `400\r\n${"a".repeat(1024)}\r\n`, 1),
  },
  {
    does: "sends too long a body until it closes",
    kind: "too_large",
    script: (socket) => socket.end(`${head}\r\n${"a".repeat(10_001)}`),
  },
  {
    does: "sends too long a head",
    kind: "too_large",
    script: (socket) => socket.write(`${head}x-a: ${"a".repeat(40_000)}\r\n\r\n`),
  },
  {
    does: "sends too many headers",
    kind: "too_large",
    script: (socket) => socket.write(`${head}${"x-a: a\r\n".repeat(10_000)}\r\n`),
  },
  {
    does: "sends headers for ever",
    kind: "too_large",
    script: (socket) => trickle(socket, head, `x-a: ${"a".repeat(1000)}\r\n`, 1),
  },
];

function trickle(socket: Parameters<Script>[0], first: string, then: string, everyMs = 20): void {
  socket.write(first);
  const timer = setInterval(() => socket.write(then), everyMs);
  socket.on("close", () => clearInterval(timer));
}

describe.each(misbehaviours)("a server that $does", ({ kind, script }) => {
  const request = { method: "POST", body: "{}", ...limits } as const;
  /** Where only the deadline ends a call, it passes in steps, and more of the answer comes between them. */
  const endsInTime = async (clock: ManualClock, server: RawServer) => {
    if (kind !== "timeout") return;
    await expect.poll(() => server.requests.length).toBe(1);
    for (let step = 0; step < 3; step++) {
      await sleep(40);
      clock.advance(request.timeoutMs / 3 + sweepMs);
    }
  };

  test(`fails a call as ${kind}`, async () => {
    await using server = await startRawServer(script);
    const clock = new ManualClock();
    await using dialer = openDialer({ clock });
    const call = dialer.send({ url: server.url, ...request }).response.catch((reason) => reason);
    await endsInTime(clock, server);
    const error = await call;
    expect(OutboundError.isInstance(error)).toBe(true);
    expect(error.kind).toBe(kind);
    expect(error.message).not.toMatch(/127\.0\.0\.1|\d{5}\b(?! (bytes|ms)\b)/);
    expect(server.requests).toHaveLength(1);
    await releasesEverything(dialer, server);
  });

  test(`fails a stream as ${kind}`, async () => {
    await using server = await startRawServer(script);
    const clock = new ManualClock();
    await using dialer = openDialer({ clock });
    const read = async () => {
      const { body } = await dialer.open({ url: server.url, ...request }).response;
      for await (const _ of body);
    };
    const kindRead = kindOf(read());
    await endsInTime(clock, server);
    expect(await kindRead).toBe(kind);
    expect(server.requests).toHaveLength(1);
    await releasesEverything(dialer, server);
  });
});

/** Soon after a failure there is no call left, and no connection. */
async function releasesEverything(dialer: ReturnType<typeof openDialer>, server: { sockets: Set<unknown> }) {
  await expect.poll(() => dialer.stats()).toMatchObject({ calls: 0, streams: 0, waiting: 0, connecting: 0, open: 0 });
  await expect.poll(() => server.sockets.size).toBe(0);
}

test("a refused connection", async () => {
  await using dialer = openDialer();
  const url = `http://127.0.0.1:${await freePort()}/`;
  const error = await dialer.send({ url, method: "POST", ...limits }).response.catch((reason) => reason);
  expect(error).toMatchObject({ kind: "connect", code: "ECONNREFUSED", message: "the connection was refused" });
});

test("a name that does not resolve", async () => {
  await using dialer = openDialer({
    resolve: () => Promise.reject(Object.assign(new Error(), { code: "ECONNREFUSED" })),
  });
  const error = await dialer
    .send({ url: "http://agent.example/", method: "GET", ...limits })
    .response.catch((reason) => reason);
  expect(error).toMatchObject({ kind: "connect", message: "the host name does not resolve" });
});

test("a name server that never answers", async () => {
  await using dialer = openDialer({ resolve: () => new Promise(() => {}), limits: { connectTimeoutMs: 100 } });
  const call = () => kindOf(dialer.send({ url: "http://agent.example/", method: "GET", ...limits }).response);
  expect(await call()).toBe("connect");
  expect(await call()).toBe("connect");
});

test("a handshake that never ends", async () => {
  await using server = await startRawServer(() => {});
  await using dialer = openDialer({ limits: { connectTimeoutMs: 100 } });
  const url = `https://127.0.0.1:${server.port}/`;
  expect(await kindOf(dialer.send({ url, method: "GET", ...limits }).response)).toBe("connect");
  await expect.poll(() => server.sockets.size).toBe(0);
});

test("a body longer than announced is cut at its length, and the connection is not used again", async () => {
  await using server = await startRawServer((socket) =>
    socket.write(`${head}content-length: 4\r\n\r\nhalfHTTP/1.1 200 OK\r\n`),
  );
  await using dialer = openDialer();
  const call = () => dialer.send({ url: server.url, method: "GET", ...limits }).response;
  expect((await call()).body.toString()).toBe("half");
  expect((await call()).body.toString()).toBe("half");
  expect(server.connections).toBe(2);
});

test("an answer nobody asked for never reaches the next caller", async () => {
  await using server = await startRawServer((socket, request) => {
    if (request.startsWith("GET /first")) socket.write(answer("first") + answer("smuggled"));
    else socket.write(answer("second"));
  });
  await using dialer = openDialer();
  const call = async (path: string) =>
    (await dialer.send({ url: server.url + path, method: "GET", ...limits }).response).body;
  expect((await call("first")).toString()).toBe("first");
  expect((await call("second")).toString()).toBe("second");
});

test("a server that half-closes after its answer is fine", async () => {
  await using server = await startRawServer((socket) => socket.end(answer("done")));
  await using dialer = openDialer();
  for (let i = 0; i < 3; i++) {
    const { body } = await dialer.send({ url: server.url, method: "POST", ...limits }).response;
    expect(body.toString()).toBe("done");
  }
});

test("a body that ends with the connection is complete", async () => {
  await using server = await startRawServer((socket) => socket.end(`${head}\r\nall of it`));
  await using dialer = openDialer();
  const { body } = await dialer.send({ url: server.url, method: "GET", ...limits }).response;
  expect(body.toString()).toBe("all of it");
});

test("where only the status counts, a long body is cut and an encoded one passed as it is", async () => {
  await using server = await startRawServer((socket) =>
    trickle(socket, `${head}content-encoding: gzip\r\ncontent-length: 9999999\r\n\r\n`, "a".repeat(7), 1),
  );
  await using dialer = openDialer();
  const request = {
    url: server.url,
    method: "POST",
    timeoutMs: 60_000,
    maxResponseBytes: 10,
    bodyOptional: true,
  } as const;
  const { status, body } = await dialer.send(request).response;
  expect([status, body.toString()]).toEqual([200, "a".repeat(10)]);
  await releasesEverything(dialer, server);
});

test.each([301, 302, 303, 307, 308])("a %i to cloud metadata is an answer, not followed", async (status) => {
  const location = "http://169.254.169.254/latest/meta-data/";
  await using server = await startRawServer((socket) =>
    socket.write(`HTTP/1.1 ${status} Moved\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`),
  );
  await using dialer = openDialer();
  const response = await dialer.send({ url: server.url, method: "GET", ...limits }).response;
  expect(response).toMatchObject({ status, headers: { location } });
  expect(Object.keys(dialer.stats().origins)).toEqual([new URL(server.url).origin]);
});

test.each([
  "Host",
  "connection",
  "Content-Length",
  "transfer-encoding",
  "upgrade",
  "te",
  "proxy-authorization",
  "bad name",
])("the header %j cannot be set", async (name) => {
  await using server = await startRawServer((socket) => socket.write(answer("")));
  await using dialer = openDialer();
  const request = { url: server.url, method: "GET", headers: { [name]: "x" }, ...limits } as const;
  expect(await kindOf(dialer.send(request).response)).toBe("invalid_request");
  expect(await kindOf(dialer.send({ ...request, headers: { "x-ok": "a\r\nx-smuggled: b" } }).response)).toBe(
    "invalid_request",
  );
  expect(await kindOf(dialer.send({ ...request, headers: { "x-ok": "a" } }).response)).toBe("fulfilled");
  expect(server.requests).toHaveLength(1);
});

test("a request asks for an unencoded answer, once, whatever the caller prefers", async () => {
  await using server = await startRawServer((socket) => socket.write(answer("")));
  await using dialer = openDialer();
  await dialer.send({ url: server.url, method: "GET", headers: { "Accept-Encoding": "gzip" }, ...limits }).response;
  expect(server.requests[0]!.match(/accept-encoding.*/gi)).toEqual(["accept-encoding: identity"]);
});

test("what HEAD says of a body is not one", async () => {
  const description = "content-length: 9999999\r\ncontent-encoding: gzip\r\n";
  await using server = await startRawServer((socket) => socket.write(`${head}${description}\r\n`));
  await using dialer = openDialer();
  const { status, body } = await dialer.send({ url: server.url, method: "HEAD", ...limits }).response;
  expect([status, body.length]).toEqual([200, 0]);
});

test("a content encoding that does not exist does no harm", async () => {
  await using server = await startRawServer((socket) => socket.write(answer("{}", "content-encoding: UTF-8\r\n")));
  await using dialer = openDialer();
  expect((await dialer.send({ url: server.url, method: "GET", ...limits }).response).body.toString()).toBe("{}");
});

test("a host that swallows packets keeps nobody waiting after a while, and is tried again", async () => {
  await using server = await startRawServer((socket) => socket.write(answer("ok")));
  const clock = new ManualClock();
  let hangs = true;
  const resolve = () => (hangs ? new Promise<never>(() => {}) : Promise.resolve([{ address: "127.0.0.1", family: 4 }]));
  await using dialer = openDialer({ resolve, clock, limits: { connectTimeoutMs: 100 } });
  const url = `http://agent.test:${server.port}/`;
  const call = () => dialer.send({ url, method: "POST", ...limits }).response;
  for (let i = 0; i < 3; i++) expect(await kindOf(call())).toBe("connect");
  const probe = kindOf(call());
  await expect(call()).rejects.toMatchObject({ kind: "connect", message: "the host has not answered lately" });
  expect(await probe).toBe("connect");
  hangs = false;
  clock.advance(100);
  expect((await call()).status).toBe(200);
  expect((await call()).status).toBe(200);
});

test("proxies named in the environment are ignored", async () => {
  await using proxy = await startRawServer((socket) => socket.write(answer("proxied")));
  await using server = await startRawServer((socket) => socket.write(answer("direct")));
  const before = process.env.http_proxy;
  process.env.http_proxy = proxy.url;
  try {
    await using dialer = openDialer();
    const { body } = await dialer.send({ url: server.url, method: "GET", ...limits }).response;
    expect(body.toString()).toBe("direct");
  } finally {
    if (before === undefined) delete process.env.http_proxy;
    else process.env.http_proxy = before;
  }
});

test("a call whose time runs out while it waits is never sent", async () => {
  await using server = await startRawServer(() => {});
  await using dialer = openDialer({ limits: { callsPerOrigin: 1 } });
  const first = dialer.send({ url: server.url, method: "POST", ...limits });
  const second = dialer.send({ url: server.url, method: "POST", ...limits, timeoutMs: 100 });
  await expect.poll(() => server.requests.length).toBe(1);
  expect(await kindOf(second.response)).toBe("timeout");
  first.abort();
  await sleep(50);
  expect(server.requests).toHaveLength(1);
});
