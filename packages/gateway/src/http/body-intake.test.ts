import { once } from "node:events";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Log, silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { bearerKey, createHttpServer } from "./index.ts";

const MB = 1_000_000;
const BYTES_MAX = 4 * MB;
const ANONYMOUS_MAX = MB;
const IN_FLIGHT = 32 * MB;

let app: ReturnType<typeof createHttpServer>;
let logged: object[];
let answers: PromiseWithResolvers<void>;
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  logged = [];
  answers = Promise.withResolvers();
  const log: Log = { ...silentLog, error: (fields) => logged.push(fields), warn: (fields) => logged.push(fields) };
  app = createHttpServer({
    ...{ log, clock: systemClock, random: systemRandom, publicUrl: "", corsOrigins: [] },
    trustedProxies: ["127.0.0.1"],
    ...{ bodyBytesMax: BYTES_MAX, anonymousBodyBytesMax: ANONYMOUS_MAX, bodyBytesInFlight: IN_FLIGHT },
    unavailability: (error) =>
      error instanceof Error && error.message === "the database is away"
        ? { detail: error.message, retryAfterSeconds: 1 }
        : undefined,
    senderOf(request) {
      const key = bearerKey(request.headers.authorization);
      if (key === "broken") return Promise.reject(new Error("the database is away"));
      if (key?.startsWith("slow-")) return new Promise((resolve) => setTimeout(() => resolve(key), 50));
      return key?.startsWith("known-") ? key : undefined;
    },
  });
  app.post("/echo", async (request) => ({ text: request.body }));
  app.post("/held", async () => {
    await answers.promise;
    return {};
  });
  app.get("/", async () => "ok");
  await app.listen({ port: 0, host: "127.0.0.1" });
  ({ port } = app.server.address() as { port: number });
});
afterEach(async () => {
  answers.resolve();
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

interface Sent {
  path?: string;
  key?: string;
  address?: string;
  /** Announced; chunked when absent. */
  length?: number;
}

function open({ path = "/echo", key, address = "192.0.2.1", length }: Sent): Socket {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true }).on("error", () => {});
  sockets.push(socket);
  const lines = [
    `POST ${path} HTTP/1.1`,
    "Host: x",
    "Content-Type: application/json",
    `X-Forwarded-For: ${address}`,
    length === undefined ? "Transfer-Encoding: chunked" : `Content-Length: ${length}`,
    ...(key === undefined ? [] : [`Authorization: Bearer ${key}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  return socket;
}

/** The answer, read to the end of the connection or of the announced length. */
async function answerOf(socket: Socket): Promise<{ status: number; headers: string; body: string }> {
  let text = "";
  socket.setEncoding("utf8");
  for await (const piece of socket) {
    text += piece;
    const [, headers, body] = /^([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(text) ?? [];
    const length = /content-length: (\d+)/i.exec(headers ?? "")?.[1];
    if (headers === undefined || Buffer.byteLength(body!) < Number(length)) continue;
    return { status: Number(headers.slice(9, 12)), headers, body: body! };
  }
  throw new Error(`no answer: ${text}`);
}

/** How those end that do. */
function statusesOf(all: Socket[]): (number | "closed")[] {
  const ends: (number | "closed")[] = [];
  for (const socket of all) {
    answerOf(socket).then(
      ({ status, headers }) => {
        if (status !== 413) expect(headers).toMatch(/retry-after: 1/i);
        ends.push(status);
      },
      () => ends.push("closed"),
    );
  }
  return ends;
}

const used = () => app.bodies.used;
const quoted = (length: number) => Buffer.from(`"${"x".repeat(length - 2)}"`);

test("a body arrives as it was sent, however it was cut, and nothing of it stays counted", async () => {
  const content = fc.tuple(fc.string({ unit: "grapheme", maxLength: 40 }), fc.integer({ min: 1, max: 2_000 }));
  const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70_000 })), {
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(content, cuts, fc.boolean(), fc.constantFrom(undefined, "slow-1", "known-1"), async (...given) => {
      const [[text, times], sizes, isChunked, key] = given;
      const body = Buffer.from(JSON.stringify(text.repeat(times)));
      const socket = open({ ...(key && { key }), ...(!isChunked && { length: body.length }) });
      for (let at = 0, i = 0; at < body.length; i++) {
        const piece = body.subarray(at, at + sizes[i % sizes.length]!);
        // Of small pieces a body may have some thousands.
        const cut = i > 2_000 ? body.subarray(at) : piece;
        if (isChunked) socket.write(`${cut.length.toString(16)}\r\n`);
        socket.write(cut);
        if (isChunked) socket.write("\r\n");
        at += cut.length;
      }
      if (isChunked) socket.write("0\r\n\r\n");
      const answer = await answerOf(socket);
      expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { text: text.repeat(times) }]);
      socket.destroy();
    }),
    { numRuns: 60 },
  );
  await expect.poll(used).toBe(0);
});

describe("how large a body may be", () => {
  test.each([
    ["nobody, up to the smaller bound", undefined, ANONYMOUS_MAX, 200],
    ["nobody, beyond it", undefined, ANONYMOUS_MAX + 1, 413],
    ["a key that nobody has, beyond it", "made-up", ANONYMOUS_MAX + 1, 413],
    ["a known caller, up to the larger bound", "known-1", BYTES_MAX, 200],
    ["a known caller that has to be looked up", "slow-1", BYTES_MAX, 200],
    ["a known caller, beyond it", "known-1", BYTES_MAX + 1, 413],
    ["a caller that cannot be looked up", "broken", ANONYMOUS_MAX + 1, 503],
  ])("%s", async (_, key, length, status) => {
    for (const isAnnounced of [true, false]) {
      const socket = open({ ...(key && { key }), ...(isAnnounced && { length }) });
      const body = quoted(length);
      socket.write(isAnnounced ? body : Buffer.concat([Buffer.from(`${length.toString(16)}\r\n`), body]));
      if (!isAnnounced) socket.write("\r\n0\r\n\r\n");
      const answer = await answerOf(socket);
      expect([answer.status, answer.headers.includes("problem+json")]).toEqual([status, status !== 200]);
      socket.destroy();
    }
    await expect.poll(used).toBe(0);
  });

  test("what is refused by what was announced needs no byte of it, and what is beyond all bounds no waiting", async () => {
    const socket = open({ length: ANONYMOUS_MAX + 1 });
    expect((await answerOf(socket)).status).toBe(413);
    const huge = open({ length: 1e12, key: "known-1" });
    expect((await answerOf(huge)).status).toBe(413);
  });

  test.each([
    ["nobody", undefined, 422],
    ["a known caller", "known-1", 200],
  ])("in pieces: of %s", async (_, key, status) => {
    const names = Array.from({ length: 51_000 }, (_, i) => `"${i.toString(36)}":1`);
    const body = Buffer.from(`{${names.join(",")}}`);
    const socket = open({ length: body.length, ...(key && { key }) });
    socket.write(body);
    expect((await answerOf(socket)).status).toBe(status);
  });

  test("in how many pieces: small ones have to come to an end", async () => {
    const few = open({});
    few.write(`1\r\n"\r\n${"1\r\nx\r\n".repeat(4_000)}1\r\n"\r\n0\r\n\r\n`);
    expect((await answerOf(few)).status).toBe(200);
    const many = open({});
    many.write(`1\r\n"\r\n${"1\r\nx\r\n".repeat(100_000)}`);
    await expect.poll(() => many.closed).toBe(true);
    await expect.poll(used).toBe(0);
  });

  test("before anything is parsed", async () => {
    const socket = open({ length: ANONYMOUS_MAX + 1 });
    socket.write(Buffer.alloc(ANONYMOUS_MAX + 1, "{"));
    expect((await answerOf(socket)).status).toBe(413);
  });
});

describe("bodies that are not finished", () => {
  const openMany = (count: number, one: (i: number) => Sent, bytes: number) =>
    Array.from({ length: count }, (_, i) => {
      const socket = open(one(i));
      socket.write('"');
      socket.write(Buffer.alloc(bytes - 1, "x"));
      return socket;
    });

  test("of one address take its share and no more, and leave room for other addresses and for those with a key", async () => {
    const held = openMany(80, () => ({ length: ANONYMOUS_MAX }), ANONYMOUS_MAX - 1);
    // Some find their connection closed before they can read why.
    const ends = statusesOf(held);
    await expect.poll(() => ends.length).toBeGreaterThan(70);
    expect(ends).toContain(429);
    expect(ends.filter((status) => status !== 429 && status !== "closed")).toEqual([]);
    expect(used()).toBeGreaterThan(0);
    expect(used()).toBeLessThanOrEqual(IN_FLIGHT / 8);
    for (const sent of [{ address: "192.0.2.2" }, { address: "2001:db8::1" }, { key: "known-1" }]) {
      const socket = open({ ...sent, length: 100_000 });
      socket.write(quoted(100_000));
      expect((await answerOf(socket)).status).toBe(200);
    }
    for (const socket of held) socket.destroy();
    await expect.poll(used).toBe(0);
  });

  test("of many addresses together take a part, and of the refused each is told when to come back", async () => {
    const held = openMany(60, (i) => ({ length: ANONYMOUS_MAX, address: `198.51.100.${i}` }), ANONYMOUS_MAX - 1);
    const ends = statusesOf(held);
    await expect.poll(() => ends.length).toBeGreaterThan(40);
    expect(ends).toContain(503);
    expect(ends.filter((status) => status !== 503 && status !== "closed")).toEqual([]);
    expect(used()).toBeGreaterThan(IN_FLIGHT / 8);
    expect(used()).toBeLessThanOrEqual(IN_FLIGHT / 4);
    const known = open({ length: BYTES_MAX, key: "known-1" });
    known.write(quoted(BYTES_MAX));
    expect((await answerOf(known)).status).toBe(200);
  });

  test("of known callers are bounded, each and together", async () => {
    const one = openMany(10, () => ({ length: BYTES_MAX, key: "known-1" }), BYTES_MAX - 1);
    const ends = statusesOf(one);
    await expect.poll(() => ends.length).toBeGreaterThan(5);
    expect(ends).toContain(429);
    expect(used()).toBeLessThanOrEqual(IN_FLIGHT / 4);
    openMany(40, (i) => ({ length: BYTES_MAX, key: `known-${i}` }), BYTES_MAX - 1);
    await expect.poll(used).toBeGreaterThan(IN_FLIGHT / 2);
    expect(used()).toBeLessThanOrEqual(IN_FLIGHT);
  });

  test("an announcement takes nothing: only what has come counts", async () => {
    openMany(200, () => ({ length: ANONYMOUS_MAX }), 1_000);
    const socket = open({ length: ANONYMOUS_MAX });
    socket.write(quoted(ANONYMOUS_MAX));
    expect((await answerOf(socket)).status).toBe(200);
  });

  test("small ones are not counted", async () => {
    openMany(50, () => ({ length: 8_192 }), 8_000);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    expect(used()).toBe(0);
  });
});

test("a body counts until its request is answered", async () => {
  const socket = open({ path: "/held", length: MB });
  socket.write(quoted(MB));
  await expect.poll(used).toBe(MB);
  answers.resolve();
  expect((await answerOf(socket)).status).toBe(200);
  await expect.poll(used).toBe(0);
});

test("and no longer than its connection, also behind another request on it", async () => {
  const socket = open({ path: "/held", length: 2 });
  socket.write("{}");
  socket.write(`POST /held HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${MB}\r\n\r\n`);
  socket.write(quoted(MB));
  await expect.poll(used).toBe(MB);
  socket.destroy();
  await expect.poll(used).toBe(0);
});

test("who breaks off is no error of the server's, and is not kept", async () => {
  const bodies: [Sent, number][] = [
    [{ length: 1_000 }, 10],
    [{ length: MB }, 500_000],
    [{}, 0],
    [{ key: "slow-1", length: 2 * MB }, MB],
    [{ key: "made-up", length: 2 * MB }, MB],
  ];
  for (const [sent, bytes] of bodies) {
    for (const end of ["destroy", "end", "resetAndDestroy"] as const) {
      const socket = open(sent);
      await new Promise((resolve) => socket.write(sent.length ? Buffer.alloc(bytes, "x") : "5\r\nab", resolve));
      socket[end]();
      socket.resume();
      if (!socket.closed) await once(socket, "close");
    }
  }
  await expect.poll(used).toBe(0);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  expect(logged).toEqual([]);
});
