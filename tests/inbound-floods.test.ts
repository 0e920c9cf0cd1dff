import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ServedNode, serveNode } from "../packages/gateway/src/testing/index.ts";
import { standBy } from "./testing/bystander.ts";

const ADMIN_KEY = "flood-admin-key";
const MB = 1_000_000;
/** Far above what the bounds allow one address, far below what the floods send. */
const GROWTH_MB_MAX = 200;
const FLOOD_MS = 4_000;
/** Late is what an idle gateway on the same machine is not. One such answer may be chance; a gateway that is held up is held up again and again. */
const LATE_MS = 250;
const LATE_PART_MAX = 0.05;
const ANSWERS_MIN = 41;

let node: ServedNode;
let idle: ServedNode;
let data: string;
let port: number;
let agentId: string;
const sockets = new Set<Socket>();

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), "agentgate-floods-"));
  const serve = (name: string) =>
    serveNode({
      AGENTGATE_API_KEY: ADMIN_KEY,
      AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
      AGENTGATE_DATA_DIR: join(data, name),
      AGENTGATE_CONNECTIONS_PER_ADDRESS: "400",
    });
  [node, idle] = await Promise.all([serve("flooded"), serve("idle")]);
  port = Number(new URL(node.url).port);
  const response = await fetch(`${node.url}/agents/`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${ADMIN_KEY}` },
    body: JSON.stringify({ name: "nobody", url: "http://127.0.0.1:9/" }),
  });
  agentId = ((await response.json()) as { id: string }).id;
  // What the first calls of a process take is not what a flood takes.
  await bystander(1_000, 1);
});
afterAll(async () => {
  for (const each of [node, idle]) each.child.kill("SIGKILL");
  await Promise.all([node.exited, idle.exited]);
  await rm(data, { recursive: true, force: true });
});

const rssMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${node.child.pid}/status`, "utf8"))![1]) / 1024;

/** Someone at an address of its own, who asks for one thing after the other. */
const bystander = (ms: number, pairs: number) => standBy({ watched: health(node), idle: health(idle), ms, pairs });
const health = ({ url, child }: ServedNode) => ({ url: `${url}/health`, pid: child.pid! });

function open(head: string): Socket {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true }).on("error", () => {});
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.resume();
  socket.write(head);
  return socket;
}

const post = (framing: string, path = "/orgs/") =>
  open(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`);
const upgrade = () =>
  open(
    `GET /agents/${agentId}/task/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16, "k").toString("base64")}\r\n\r\n`,
  );
const taskOf = (body: string) =>
  `POST /agents/${agentId}/task HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const frameOf = (length: number) => {
  const head = Buffer.alloc(14);
  head.set([0x81, 0xff]);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
};
const times = (count: number, one: () => void) => {
  for (let i = 0; i < count; i++) one();
};
const megabytes = (socket: Socket, count: number) => times(count, () => socket.write(Buffer.alloc(MB, "x")));

const floods: [name: string, begin: () => void][] = [
  ["bodies announced and not finished", () => times(80, () => megabytes(post("Content-Length: 10485760"), 10))],
  ["bodies just small enough and not finished", () => times(200, () => megabytes(post("Content-Length: 1040000"), 1))],
  [
    "bodies in chunks and not finished",
    () =>
      times(80, () => {
        const socket = post("Transfer-Encoding: chunked");
        times(10, () =>
          socket.write(Buffer.concat([Buffer.from("f4240\r\n"), Buffer.alloc(MB, "x"), Buffer.from("\r\n")])),
        );
      }),
  ],
  [
    "bodies in chunks of one byte",
    () => times(20, () => post("Transfer-Encoding: chunked").write("1\r\nx\r\n".repeat(150_000))),
  ],
  [
    "bodies to agents, over JSON-RPC",
    () => times(80, () => megabytes(post("Content-Length: 10485760", `/agents/${agentId}`), 10)),
  ],
  [
    "messages of sockets that are not finished",
    () =>
      times(80, () => {
        const socket = upgrade();
        socket.once("data", () => {
          socket.write(frameOf(10 * MB));
          megabytes(socket, 10);
        });
      }),
  ],
  [
    "messages in fragments of nothing",
    () =>
      times(40, () => {
        const socket = upgrade();
        const fragment = Buffer.from([0x00, 0x81, 0, 0, 0, 0, 120]);
        socket.once("data", () => {
          socket.write(Buffer.from([0x01, 0x81, 0, 0, 0, 0, 120]));
          socket.write(Buffer.concat(Array.from({ length: 100_000 }, () => fragment)));
        });
      }),
  ],
  ["connections that say nothing", () => times(1_500, () => open(""))],
  ["heads without end", () => times(300, () => open(`GET / HTTP/1.1\r\nHost: x\r\nX-A: ${"a".repeat(15_000)}`))],
  [
    "requests by the thousand on each connection",
    () => times(20, () => open("GET /health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(30_000))),
  ],
  [
    "requests that wait behind one that is answered late",
    () => times(20, () => open(taskOf("{}") + "GET /health HTTP/1.1\r\nHost: x\r\n\r\n".repeat(30_000))),
  ],
  [
    "small objects by the megabyte",
    () =>
      times(10, () => {
        const body = `{"a":[${"{},".repeat(300_000)}{}]}`;
        post(`Content-Length: ${body.length}`).write(body);
      }),
  ],
];

describe.each(floods)("%s", (_, begin) => {
  test("take little memory, and hold up nobody at another address", async () => {
    const before = rssMb();
    begin();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, rssMb());
    }, 50);
    const took = await bystander(FLOOD_MS, ANSWERS_MIN);
    clearInterval(watch);
    for (const socket of sockets) socket.destroy();
    const late = took.filter((ms) => ms.watched > LATE_MS && ms.watched > 3 * ms.idle).length;
    expect(most - before).toBeLessThan(GROWTH_MB_MAX);
    const told = took.map((ms) => `${Math.round(ms.watched)}/${Math.round(ms.idle)}`);
    expect(late / took.length, `${told}`).toBeLessThan(LATE_PART_MAX);
  });
});
