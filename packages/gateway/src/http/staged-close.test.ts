import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ManualClock, silentLog, systemRandom } from "../runtime/index.ts";
import { createHttpServer } from "./index.ts";

let app: ReturnType<typeof createHttpServer>;
let clock: ManualClock;
let handled: string[];
let port: number;
const sockets: Socket[] = [];

beforeEach(async () => {
  clock = new ManualClock();
  handled = [];
  app = createHttpServer({
    ...{ log: silentLog, clock, random: systemRandom, publicUrl: "", corsOrigins: [], trustedProxies: [] },
    bodyBytesMax: 100_000,
    refuse: (problem, { url }, reply) => (url === "/own" ? reply.code(problem.status).send("own") : undefined),
  });
  app.addHook("onRequest", async ({ url }) => void handled.push(url));
  app.post("/things", async () => ({}));
  app.get("/things", async () => ({}));
  await app.listen({ port: 0, host: "127.0.0.1" });
  ({ port } = app.server.address() as { port: number });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.close();
});

function open(): Socket {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true }).on("error", () => {});
  sockets.push(socket);
  return socket;
}

const first = (socket: Socket, ...events: string[]) =>
  new Promise<void>((resolve) => {
    for (const event of events) socket.once(event, () => resolve());
  });

const head = (path: string, ...headers: string[]) =>
  [`POST ${path} HTTP/1.1`, "Host: x", ...headers, "", ""].join("\r\n");

/** Sends the head, and all of the rest in pieces before it reads anything. */
async function statusOf(start: string, rest: number, piece = Buffer.alloc(65_536, "x")): Promise<string> {
  const socket = open();
  socket.pause();
  socket.write(start);
  for (let sent = 0; sent < rest; sent += piece.length) {
    await pause(2);
    if (!socket.write(piece)) await first(socket, "drain", "close");
  }
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes;
  });
  socket.resume();
  await first(socket, "end", "close");
  return answer.slice(9, 12);
}

const MB = 1_000_000;
const length = (bytes: number) => `Content-Length: ${bytes}`;
const JSON_TYPE = "Content-Type: application/json";
const FORM = "Content-Type: multipart/form-data; boundary=x";

describe("who is still sending when it is refused gets to read why:", () => {
  test.each([
    ["a body that is no JSON", head("/things", FORM, length(MB)), "415"],
    ["the same in chunks", `${head("/things", FORM, "Transfer-Encoding: chunked")}f4240\r\n`, "415"],
    ["a body that is far too large", head("/things", JSON_TYPE, length(MB)), "413"],
    ["one in chunks", `${head("/things", JSON_TYPE, "Transfer-Encoding: chunked")}f4240\r\n`, "413"],
    ["a body for a path that there is not", head("/nothing", JSON_TYPE, length(MB)), "404"],
    ["a coding that is not understood", head("/things", "Transfer-Encoding: gzip, chunked"), "400"],
    ["a head that has no end", head("/things").replace(/\r\n$/, "X-Long: "), "431"],
    ["bytes that are no HTTP", "NOT HTTP\r\n\r\n", "400"],
    ["another protocol", head("/things", "Connection: upgrade", "Upgrade: websocket").replace("POST", "PRI"), "400"],
  ])("%s", async (_, start, status) => {
    expect(await statusOf(start, MB)).toBe(status);
  });
});

test.each([FORM, JSON_TYPE])("whether there is such a route is said before what it takes (%s)", async (type) => {
  for (const [path, status] of [
    ["/nothing", "404"],
    ["/things", type === FORM ? "415" : "422"],
  ] as const) {
    expect(await statusOf(`${head(path, type, length(1), "Connection: close")}{`, 0)).toBe(status);
  }
});

test("a small body of a path that there is not leaves the connection as it is", async () => {
  const response = await fetch(`http://127.0.0.1:${port}/nothing`, { method: "POST", body: "a=b" });
  expect([response.status, response.headers.get("connection")]).toEqual([404, "keep-alive"]);
});

test("what comes after a last answer is no request", async () => {
  const next = "POST /things?next HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  const socket = open();
  socket.write(`${head("/things", FORM, length(5))}12345`);
  await once(socket.resume(), "end");
  for (let i = 0; i < 5; i++) {
    socket.write(next);
    await pause(5);
  }
  expect(handled).toEqual(["/things"]);
});

test.each([
  ["a route that reads no body", "GET /things", "200"],
  ["the same for a head alone", "HEAD /things", "200"],
  ["a refusal in words of another face", "POST /own", "404"],
  ["an expectation that nobody knows", "POST /nothing", "404", "Expect: tea"],
])("an answer to a body that nobody reads ends its connection: %s", async (_, line, status, ...headers) => {
  const socket = open();
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes;
  });
  const start = head("/", JSON_TYPE, "Transfer-Encoding: chunked", ...headers);
  socket.write(`${start.replace("POST /", line)}f4240\r\n{`);
  await first(socket, "end", "close");
  expect([answer.slice(9, 12), /^connection: (.*)\r$/im.exec(answer)?.[1]]).toEqual([status, "close"]);
});

async function refused(): Promise<Socket> {
  const socket = open();
  socket.write(head("/things", FORM, length(1e12)));
  socket.write("x");
  await once(socket.resume(), "end");
  return socket;
}

describe("the rest is read within bounds:", () => {
  test("who sends nothing for a second is cut off", async () => {
    const socket = await refused();
    clock.advance(999);
    await pause(20);
    expect(await connections()).toBe(1);
    clock.advance(1);
    await expect.poll(connections).toBe(0);
    socket.destroy();
  });

  test("who sends on and on, after ten", async () => {
    const socket = await refused();
    for (let second = 1; second <= 9; second++) {
      socket.write("more");
      await pause(10);
      clock.advance(1_000);
      expect(await connections()).toBe(1);
    }
    socket.write("more");
    await pause(10);
    clock.advance(1_000);
    await expect.poll(connections).toBe(0);
  });

  test("who sends too much, at once", async () => {
    const socket = await refused();
    const closed = first(socket, "close");
    const piece = Buffer.alloc(1_048_576);
    const write = (): unknown => socket.destroyed || socket.write(piece, () => setImmediate(write));
    write();
    await closed;
    expect(socket.bytesWritten).toBeGreaterThan(60 * 1_048_576);
    await expect.poll(connections).toBe(0);
  });
});

test("of one client's connections a few are read far; those beyond are given time to read their answer", async () => {
  const all = await Promise.all(Array.from({ length: 12 }, refused));
  const piece = Buffer.alloc(1_048_576);
  for (const socket of all) for (let i = 0; i < 20; i++) socket.write(piece);
  const arrived = () => all.filter(({ writableLength }) => writableLength === 0).length;
  await expect.poll(arrived).toBe(8);
  expect(await connections()).toBe(12);
  clock.advance(2_000);
  await expect.poll(connections).toBe(0);
});

const connections = () =>
  new Promise<number>((resolve, reject) =>
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
