import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { SeededRandom } from "../runtime/index.ts";
import { kindOf, openDialer } from "./testing/open-dialer.ts";
import { startRawServer } from "./testing/raw-server.ts";

const limits = { timeoutMs: 60_000, maxResponseBytes: Number.POSITIVE_INFINITY };
const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

test("a slow reader pauses the sender instead of filling memory", async () => {
  const total = 64 * 1024 * 1024;
  let sent = 0;
  const server = createServer((_, response) => {
    const piece = Buffer.alloc(64 * 1024, "x");
    const write = () => {
      while (sent < total) {
        sent += piece.length;
        if (!response.write(piece)) {
          response.once("drain", write);
          return;
        }
      }
      response.end();
    };
    write();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await using dialer = openDialer();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { body } = await dialer.open({ url, method: "GET", ...limits }).response;
  const reader = body[Symbol.asyncIterator]();
  await reader.next();
  let before = -1;
  while (before !== sent) {
    before = sent;
    await sleep(50);
  }
  // What the two kernels buffer for a connection on loopback is far below the whole.
  expect(sent).toBeLessThan(total / 4);
  let received = 0;
  let largest = 0;
  for (;;) {
    const { done, value } = await reader.next();
    if (done) break;
    received += value.length;
    largest = Math.max(largest, value.length);
  }
  expect(received).toBeGreaterThan(total - 1024 * 1024);
  expect(largest).toBeLessThanOrEqual(4 * 64 * 1024);
  server.close();
});

test("a reader that leaves the loop ends the call", async () => {
  await using server = await startRawServer((socket) => socket.write(head + chunk("one")));
  await using dialer = openDialer();
  const { body } = await dialer.open({ url: server.url, method: "GET", ...limits }).response;
  for await (const piece of body) {
    expect(piece.toString()).toBe("one");
    break;
  }
  await expect.poll(() => server.sockets.size).toBe(0);
  await expect.poll(() => dialer.stats()).toMatchObject({ streams: 0, open: 0 });
});

test("an abort within the body reaches the reader and the other side", async () => {
  await using server = await startRawServer((socket) => socket.write(head + chunk("one")));
  await using dialer = openDialer();
  const call = dialer.open({ url: server.url, method: "GET", ...limits });
  const reader = (await call.response).body[Symbol.asyncIterator]();
  expect((await reader.next()).value?.toString()).toBe("one");
  const next = reader.next();
  call.abort();
  expect(await kindOf(next)).toBe("aborted");
  expect(await kindOf(reader.next())).toBe("aborted");
  await expect.poll(() => server.sockets.size).toBe(0);
});

test("what arrived before the other side died is read before the failure", async () => {
  await using server = await startRawServer((socket) => {
    socket.write(head + chunk("one") + chunk("two"), () => setTimeout(() => socket.destroy(), 20));
  });
  await using dialer = openDialer();
  const { body } = await dialer.open({ url: server.url, method: "GET", ...limits }).response;
  await sleep(80);
  const reader = body[Symbol.asyncIterator]();
  expect((await reader.next()).value?.toString()).toBe("onetwo");
  expect(await kindOf(reader.next())).toBe("reset");
});

test("a stream that falls silent ends after its idle time", async () => {
  await using server = await startRawServer((socket) => socket.write(head + chunk("one")));
  await using dialer = openDialer();
  const read = async () => {
    const { body } = await dialer.open({ url: server.url, method: "GET", ...limits, idleTimeoutMs: 100 }).response;
    for await (const _ of body);
  };
  expect(await kindOf(read())).toBe("timeout");
  await expect.poll(() => server.sockets.size).toBe(0);
});

test("a stream whose reader is behind is not idle", async () => {
  const megabyte = chunk("x".repeat(1024 * 1024));
  await using server = await startRawServer((socket) => socket.write(`${head}${megabyte}0\r\n\r\n`));
  await using dialer = openDialer();
  const { body } = await dialer.open({ url: server.url, method: "GET", ...limits, idleTimeoutMs: 100 }).response;
  const reader = body[Symbol.asyncIterator]();
  await reader.next();
  await sleep(300);
  let received = 0;
  for (let next = await reader.next(); !next.done; next = await reader.next()) received += next.value.length;
  expect(received).toBeGreaterThan(500_000);
});

test("a steady stream outlives its idle time", async () => {
  await using server = await startRawServer((socket) => {
    let left = 10;
    socket.write(head);
    const timer = setInterval(() => {
      left -= 1;
      socket.write(left > 0 ? chunk("tick") : "0\r\n\r\n");
      if (left === 0) clearInterval(timer);
    }, 40);
  });
  await using dialer = openDialer();
  const { body } = await dialer.open({ url: server.url, method: "GET", ...limits, idleTimeoutMs: 250 }).response;
  let text = "";
  for await (const piece of body) text += piece;
  expect(text).toBe("tick".repeat(9));
});

test("a thousand streams with aborts at random moments leave no socket behind", async () => {
  const random = new SeededRandom(20261121);
  await using server = await startRawServer((socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write(chunk("data: tick\n\n".repeat(20))), 5);
    socket.on("close", () => clearInterval(timer));
  });
  await using dialer = openDialer();
  const outcomes = new Map<string, number>();
  const run = async () => {
    const call = dialer.open({ url: server.url, method: "POST", body: "{}", ...limits });
    const abortAfterMs = Math.floor(random.fraction() * 40) - 5;
    if (abortAfterMs <= 0) call.abort();
    else setTimeout(() => call.abort(), abortAfterMs);
    const slow = random.fraction() < 0.3;
    const outcome = await kindOf(
      (async () => {
        const { body } = await call.response;
        for await (const _ of body) if (slow) await sleep(10);
      })(),
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };
  for (let wave = 0; wave < 10; wave++) await Promise.all(Array.from({ length: 100 }, run));
  expect(Object.fromEntries(outcomes)).toEqual({ aborted: 1000 });
  await expect.poll(() => dialer.stats()).toMatchObject({ streams: 0, connecting: 0, open: 0 });
  await expect.poll(() => server.sockets.size).toBe(0);
});

const tick = () => new Promise((resolve) => setImmediate(resolve));

test("a body is handed over as it comes; while the taker has not answered, it waits", async () => {
  let write: (text: string) => void = () => {};
  await using server = await startRawServer((socket) => {
    write = (text) => socket.write(text);
    write(head + chunk("one"));
  });
  await using dialer = openDialer();
  const { body } = await dialer.open({ url: server.url, method: "GET", ...limits }).response;
  const taken: string[] = [];
  let answer: (more: boolean) => void = () => {};
  const reading = body.read((piece) => {
    taken.push(piece.toString());
    return taken.length === 2 ? new Promise<boolean>((resolve) => (answer = resolve)) : true;
  });
  expect(await kindOf(body.read(() => true))).toContain("one reader");
  await expect.poll(() => taken).toEqual(["one"]);
  write(chunk("two"));
  await expect.poll(() => taken).toEqual(["one", "two"]);
  write(chunk("three"));
  write(chunk("four"));
  await sleep(30);
  expect(taken).toEqual(["one", "two"]);
  answer(true);
  await expect.poll(() => taken).toEqual(["one", "two", "threefour"]);
  write("0\r\n\r\n");
  await reading;
});

test("a taker that lags pauses the sender", async () => {
  await using server = await startRawServer((socket) => {
    socket.write(head);
    const more = () => {
      while (!socket.destroyed && socket.write(chunk("x".repeat(64 * 1024))));
    };
    socket.on("drain", more);
    more();
  });
  await using dialer = openDialer();
  const { body } = await dialer.open({ url: server.url, method: "GET", ...limits }).response;
  let answer: (more: boolean) => void = () => {};
  let received = 0;
  const reading = body.read((piece) => {
    received += piece.length;
    return new Promise((resolve) => (answer = resolve));
  });
  await expect.poll(() => received).toBeGreaterThan(0);
  const sent = () => [...server.sockets][0]!.bytesWritten;
  let before = -1;
  while (before !== sent()) {
    before = sent();
    await sleep(50);
  }
  expect(before).toBeLessThan(32 * 1024 * 1024);
  answer(true);
  // What waited comes in one piece, bounded, and the connection is read again.
  await expect.poll(() => received).toBeGreaterThan(64 * 1024);
  for (let step = 0; step < 50; step++) {
    answer(true);
    await tick();
  }
  await expect.poll(sent).toBeGreaterThan(before);
  answer(false);
  await reading;
});

test("a taker that lagged once and then takes all at once gets the whole body", async () => {
  const total = 8 * 1024 * 1024;
  await using server = await startRawServer((socket) => socket.write(`${head}${chunk("x".repeat(total))}0\r\n\r\n`));
  await using dialer = openDialer();
  const { body } = await dialer.open({ url: server.url, method: "GET", ...limits }).response;
  let answer: (more: boolean) => void = () => {};
  let received = 0;
  const reading = body.read((piece) => {
    const isFirst = received === 0;
    received += piece.length;
    return isFirst ? new Promise<boolean>((resolve) => (answer = resolve)) : true;
  });
  const read = () => [...server.sockets][0]!.bytesWritten;
  let before = -1;
  while (before !== read()) {
    before = read();
    await sleep(50);
  }
  answer(true);
  await reading;
  expect(received).toBe(total);
});

test.each([
  ["has had enough", async () => false, "fulfilled"],
  ["has had enough at once", () => false, "fulfilled"],
  ["fails", () => Promise.reject(new Error("full")), "Error: full"],
  ["throws", () => expect.unreachable("full"), "full"],
])("a taker that %s ends the call", async (_, take, outcome) => {
  await using server = await startRawServer((socket) => socket.write(head + chunk("one")));
  await using dialer = openDialer();
  const { body } = await dialer.open({ url: server.url, method: "GET", ...limits }).response;
  expect(await kindOf(body.read(take))).toContain(outcome);
  await expect.poll(() => server.sockets.size).toBe(0);
  await expect.poll(() => dialer.stats()).toMatchObject({ streams: 0, open: 0 });
});

test("a taker gets what arrived before the other side died, then the failure; and an abort at once", async () => {
  await using server = await startRawServer((socket, request) => {
    socket.write(head + chunk("one") + chunk("two"));
    if (request.includes("/dies")) setTimeout(() => socket.destroy(), 20);
  });
  await using dialer = openDialer();
  const { body } = await dialer.open({ url: `${server.url}dies`, method: "GET", ...limits }).response;
  await sleep(80);
  const taken: string[] = [];
  expect(await kindOf(body.read((piece) => taken.push(piece.toString()) > 0))).toBe("reset");
  expect(taken.join("")).toBe("onetwo");
  const call = dialer.open({ url: server.url, method: "GET", ...limits });
  const reading = (await call.response).body.read(() => true);
  call.abort();
  expect(await kindOf(reading)).toBe("aborted");
});
