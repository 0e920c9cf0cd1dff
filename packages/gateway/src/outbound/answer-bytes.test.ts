import type { Socket } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { kindOf, openDialer } from "./testing/open-dialer.ts";
import { answer, startRawServer } from "./testing/raw-server.ts";

const MiB = 1024 * 1024;
const request = { method: "POST", timeoutMs: 60_000, maxResponseBytes: 30 * MiB } as const;
const chunkedHead = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const chunk = (data: Buffer | string, extension = "") =>
  Buffer.concat([Buffer.from(`${data.length.toString(16)}${extension}\r\n`), Buffer.from(data), Buffer.from("\r\n")]);
const lastChunk = "0\r\n\r\n";

/** Writes the same bytes over and over, as fast as they are taken, until the connection goes. */
function flood(socket: Socket, bytes: Buffer): void {
  while (!socket.destroyed && socket.write(bytes));
  if (!socket.destroyed) socket.once("drain", () => flood(socket, bytes));
}

test("an answer is the same however it is cut, as chunks and on the wire", async () => {
  let pieces: Buffer[] = [];
  await using server = await startRawServer(async (socket) => {
    socket.setNoDelay(true);
    socket.write(chunkedHead);
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise(setImmediate);
    }
  });
  await using dialer = openDialer();
  const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 90_000 })), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(lengths, fc.array(fc.nat({ max: 200_000 }), { maxLength: 6 }), async (sizes, cuts) => {
      const bodies = sizes.map((size, index) => Buffer.alloc(size, index + 1));
      const wire = Buffer.concat([...bodies.map((body) => chunk(body)), Buffer.from(lastChunk)]);
      const places = [0, ...cuts.map((cut) => cut % wire.length).sort((a, b) => a - b), wire.length];
      pieces = places.slice(1).map((end, index) => wire.subarray(places[index], end));
      const { body } = await dialer.send({ url: server.url, ...request }).response;
      expect(body.equals(Buffer.concat(bodies))).toBe(true);
      expect(dialer.stats().answerBytes).toBe(0);
    }),
    { numRuns: 40 },
  );
});

test("an answer in chunks of one byte takes its bytes of memory, and so much of them as an honest agent may need", async () => {
  const crumbs = Buffer.concat(Array.from({ length: 10_000 }, () => chunk("x")));
  let count = 0;
  await using server = await startRawServer((socket) => {
    socket.write(chunkedHead);
    let left = count;
    const next = () => {
      while (left > 0) {
        left -= 10_000;
        if (!socket.write(crumbs)) return void socket.once("drain", next);
      }
      socket.write(lastChunk);
      return undefined;
    };
    next();
  });
  await using dialer = openDialer();
  const send = () => dialer.send({ url: server.url, ...request }).response;
  count = 200_000;
  expect((await send()).body.equals(Buffer.alloc(count, "x"))).toBe(true);
  const before = process.memoryUsage().rss;
  count = 20_000_000;
  expect(await Promise.all(Array.from({ length: 4 }, () => kindOf(send())))).toEqual(Array(4).fill("protocol"));
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * MiB);
  expect(dialer.stats().answerBytes).toBe(0);
});

test.each([
  ["interim responses", "", "HTTP/1.1 102 Processing\r\nx: y\r\n\r\n"],
  ["early hints", "", `HTTP/1.1 103 Early Hints\r\nlink: </${"a".repeat(500)}>\r\n\r\n`],
  ["the lines of a head", "HTTP/1.1 200 OK\r\n", "a: b\r\n"],
  ["one line of a head", "HTTP/1.1 200 OK\r\nx: ", "a".repeat(1_000)],
  ["a chunk's extension", `${chunkedHead}1;a=`, "b".repeat(1_000)],
  ["extensions of chunks", chunkedHead, `1;${"a".repeat(2_000)}\r\nx\r\n`],
  ["trailers", `${chunkedHead}0\r\n`, "a: b\r\n"],
  ["a status line", "HTTP/1.1 200 ", "O".repeat(1_000)],
])("a flood of %s ends its call soon, and nothing else", async (_, head, unit) => {
  let sent = 0;
  await using server = await startRawServer((socket, text) => {
    if (text.includes("/good")) return void socket.write(answer("ok"));
    socket.write(head);
    flood(socket, Buffer.from(unit.repeat(Math.ceil(16_384 / unit.length))));
    socket.on("close", () => {
      sent = socket.bytesWritten;
    });
    return undefined;
  });
  await using dialer = openDialer();
  const bad = dialer.send({ url: server.url, ...request });
  expect(["protocol", "too_large"]).toContain(await kindOf(bad.response));
  await expect.poll(() => sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(40 * MiB);
  expect((await dialer.send({ url: `${server.url}good`, ...request }).response).status).toBe(200);
  expect(dialer.stats()).toMatchObject({ calls: 0, answerBytes: 0 });
});

test("an event stream of many small chunks with extensions, and slow, is no flood", async () => {
  await using server = await startRawServer(async (socket) => {
    socket.write(chunkedHead);
    for (let round = 0; round < 50; round++) {
      socket.write(
        Buffer.concat(Array.from({ length: 200 }, () => chunk(`data: ${round}\n\n`, ";signature=0123456789abcdef"))),
      );
      await new Promise(setImmediate);
    }
    socket.write(lastChunk);
  });
  await using dialer = openDialer();
  const { body } = await dialer.open({ url: server.url, ...request }).response;
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    await new Promise(setImmediate);
  }
  expect(bytes).toBe(200 * (10 * "data: 0\n\n".length + 40 * "data: 00\n\n".length));
});

test("answers that do not end take a share of their owner's, and leave room for another's", async () => {
  await using server = await startRawServer((socket, text) => {
    if (text.includes("/whole")) return void socket.write(answer("x".repeat(2 * MiB)));
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${2 * MiB}\r\n\r\n`);
    socket.write(Buffer.alloc(2 * MiB - 1));
    return undefined;
  });
  await using dialer = openDialer({ answerBytesMax: 16 * MiB });
  const send = (owner: string, path = "") => dialer.send({ url: server.url + path, owner, ...request });
  const greedy = Array.from({ length: 20 }, () => send("greedy"));
  const kinds: string[] = [];
  for (const { response } of greedy) void kindOf(response).then((kind) => kinds.push(kind));
  await expect.poll(() => kinds.length).toBeGreaterThan(14);
  expect(new Set(kinds)).toEqual(new Set(["no_room"]));
  expect(dialer.stats().answerBytes).toBeLessThanOrEqual(8 * MiB);
  expect((await send("neighbour", "whole").response).body.length).toBe(2 * MiB);
  expect(await kindOf(send("greedy", "whole").response)).toBe("no_room");
  for (const call of greedy) call.abort();
  await expect.poll(() => dialer.stats()).toMatchObject({ calls: 0, answerBytes: 0 });
  expect((await send("greedy", "whole").response).body.length).toBe(2 * MiB);
});

test("small answers are taken however full it is", async () => {
  await using server = await startRawServer((socket, text) => {
    if (text.includes("/small")) return void socket.write(answer("x".repeat(4_000)));
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${MiB}\r\n\r\n`);
    socket.write(Buffer.alloc(60_000));
    return undefined;
  });
  await using dialer = openDialer({ answerBytesMax: 2 * MiB });
  for (let i = 0; i < 30; i++) void kindOf(dialer.send({ url: server.url, owner: `owner ${i}`, ...request }).response);
  await expect.poll(() => dialer.stats().answerBytes).toBeGreaterThan(MiB);
  const small = Array.from(
    { length: 20 },
    () => dialer.send({ url: `${server.url}small`, owner: "modest", ...request }).response,
  );
  expect((await Promise.all(small)).map(({ body }) => body.length)).toEqual(Array(20).fill(4_000));
});

test("what waits for readers who lag is counted, and let go of with them", async () => {
  await using server = await startRawServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    flood(socket, Buffer.alloc(16_384));
  });
  await using dialer = openDialer();
  const stream = { url: server.url, ...request, maxResponseBytes: 2 ** 40 };
  const calls = Array.from({ length: 8 }, () => dialer.open(stream));
  const bodies = (await Promise.all(calls.map(({ response }) => response))).map(({ body }) => body);
  await expect.poll(() => dialer.stats().answerBytes).toBeGreaterThan(8 * 60_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(dialer.stats().answerBytes).toBeLessThan(8 * 300_000);
  for (const call of calls.slice(4)) call.abort();
  for (const body of bodies.slice(0, 4)) await body[Symbol.asyncIterator]().return!();
  await expect.poll(() => dialer.stats()).toMatchObject({ streams: 0, answerBytes: 0 });
});

test("where there is no room, a reader who lags pauses its stream at once", async () => {
  await using server = await startRawServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    flood(socket, Buffer.alloc(16_384));
  });
  await using dialer = openDialer({ answerBytesMax: 100_000 });
  const stream = { url: server.url, ...request, maxResponseBytes: 2 ** 40, owner: "one" };
  for (let i = 0; i < 20; i++) await dialer.open(stream).response;
  await new Promise((resolve) => setTimeout(resolve, 200));
  // One read each, as the kernel gave it.
  expect(dialer.stats().answerBytes).toBeLessThan(20 * 140_000);
});

test("what a reader keeps is counted until the body ends, whole or not; too much ends it", async () => {
  await using server = await startRawServer((socket, text) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab");
    if (!text.includes("/hangs")) setTimeout(() => socket.write("cd"), 20);
  });
  await using dialer = openDialer({ answerBytesMax: 1_000_000 });
  const open = async (path = "") =>
    (await dialer.open({ url: server.url + path, ...request, owner: "one" }).response).body;
  const seen: number[] = [];
  const whole = await open();
  await whole.read(() => {
    whole.keeps(200_000);
    seen.push(dialer.stats().answerBytes);
    return true;
  });
  expect([...seen, dialer.stats().answerBytes]).toEqual([200_000, 200_000, 0]);
  const left = await open("hangs");
  await left.read(() => {
    left.keeps(300_000);
    return false;
  });
  expect(dialer.stats().answerBytes).toBe(0);
  const greedy = await open("hangs");
  expect(
    await kindOf(
      greedy.read(() => {
        greedy.keeps(600_000);
        return true;
      }),
    ),
  ).toBe("no_room");
  await expect.poll(() => dialer.stats()).toMatchObject({ streams: 0, answerBytes: 0 });
});

test("a stream that came whole and is given up unread leaves nothing behind", async () => {
  await using server = await startRawServer((socket) => socket.write(answer("x".repeat(60_000))));
  await using dialer = openDialer();
  const call = dialer.open({ url: server.url, ...request });
  const { body } = await call.response;
  await expect.poll(() => dialer.stats().streams).toBe(0);
  expect(dialer.stats().answerBytes).toBeGreaterThan(0);
  call.abort();
  expect(dialer.stats().answerBytes).toBe(0);
  expect(await kindOf(body[Symbol.asyncIterator]().next())).toBe("aborted");
});
