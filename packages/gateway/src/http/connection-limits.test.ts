import { createServer, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { networkOf } from "../runtime/index.ts";
import { SkippableClock } from "../testing/skippable-clock.ts";
import { ConnectionLimits, type ConnectionLimitsOptions } from "./connection-limits.ts";

let clock: SkippableClock;
let server: Server;
let limits: ConnectionLimits;
let held: ServerResponse[];
const sockets: Socket[] = [];

async function start(bounds: Partial<ConnectionLimitsOptions>): Promise<void> {
  clock = new SkippableClock();
  held = [];
  server = createServer((request, response) =>
    request.url === "/held" ? void held.push(response) : response.end("ok"),
  );
  limits = new ConnectionLimits(server, {
    total: 100,
    perNetwork: 100,
    networkOf,
    trusts: undefined,
    clock,
    ...bounds,
  });
  server.on("upgrade", (_, socket) => {
    socket.on("error", () => {}).on("end", () => socket.destroy());
    socket.resume().write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
}
beforeEach(() => start({ perNetwork: 5 }));
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await expect.poll(() => limits.count).toBe(0);
});

type Client = Awaited<ReturnType<typeof client>>;

/** From an address of loopback, which has many. */
async function client(from = "127.0.0.1", request?: string): Promise<{ socket: Socket; heard(): string }> {
  const { port } = server.address() as { port: number };
  const socket = connect({ port, host: "127.0.0.1", localAddress: from }).on("error", () => {});
  sockets.push(socket);
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk;
  });
  await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve));
  if (request !== undefined) socket.write(`${request} HTTP/1.1\r\nHost: x\r\n\r\n`);
  return { socket, heard: () => heard };
}
const isOpen = ({ socket }: { socket: Socket }) => !socket.closed && !socket.destroyed;
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

test("silent connections of an address give way to its newer ones; other addresses are as before", async () => {
  const silent: Client[] = [];
  for (let i = 0; i < 5; i++) silent.push(await client());
  await expect.poll(() => limits.count).toBe(5);
  const neighbour = await client("127.0.0.2", "GET /");
  await expect.poll(neighbour.heard).toContain("ok");
  clock.skip(2_000);
  const late = await client("127.0.0.1", "GET /");
  await expect.poll(late.heard).toContain("ok");
  await expect.poll(() => silent.map(isOpen)).toEqual([false, true, true, true, true]);
  expect(isOpen(neighbour)).toBe(true);
});

test("no connection gives way on which a request is being answered, or that is no longer HTTP's", async () => {
  const busy: Client[] = [];
  for (let i = 0; i < 4; i++) busy.push(await client("127.0.0.1", "GET /held"));
  const upgraded = await client();
  upgraded.socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await expect.poll(upgraded.heard).toContain("101");
  await expect.poll(() => held.length).toBe(4);
  clock.skip(2_000);
  const late = await client();
  await expect.poll(() => isOpen(late)).toBe(false);
  expect([...busy, upgraded].every(isOpen)).toBe(true);
  for (const response of held) response.end("ok");
  await expect.poll(busy[0]!.heard).toContain("ok");
  await settled();
  const later = await client("127.0.0.1", "GET /");
  await expect.poll(later.heard).toContain("ok");
  upgraded.socket.destroy();
});

test("a body that does not come to its end is no request yet", async () => {
  const slow: Client[] = [];
  for (let i = 0; i < 5; i++) {
    const one = await client();
    one.socket.write("POST /held HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1");
    slow.push(one);
  }
  await expect.poll(() => held.length).toBe(5);
  clock.skip(2_000);
  const late = await client("127.0.0.1", "GET /");
  await expect.poll(late.heard).toContain("ok");
});

test("of all together, those of the network that has most give way", async () => {
  await new Promise((resolve) => server.close(resolve));
  await start({ total: 12, perNetwork: 10 });
  const few = await client("127.0.0.3", "GET /");
  await expect.poll(few.heard).toContain("ok");
  const many: Client[] = [];
  for (let i = 0; i < 10; i++) many.push(await client("127.0.0.2"));
  await client("127.0.0.4");
  await expect.poll(() => limits.count).toBe(12);
  for (const address of ["127.0.0.5", "127.0.0.6"]) {
    const late = await client(address, "GET /");
    await expect.poll(late.heard).toContain("ok");
  }
  expect(isOpen(few)).toBe(true);
  expect(limits.count).toBe(12);
  await expect.poll(() => many.filter(isOpen).length).toBe(8);
});

test("a trusted proxy carries many clients", async () => {
  await new Promise((resolve) => server.close(resolve));
  await start({ perNetwork: 2, trusts: (address) => address === "127.0.0.9" });
  const all: Client[] = [];
  for (let i = 0; i < 6; i++) all.push(await client("127.0.0.9"));
  await expect.poll(() => limits.count).toBe(6);
  expect(all.every(isOpen)).toBe(true);
});
