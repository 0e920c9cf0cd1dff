import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHttpServer, KeepAlives, openEvents, Undelivered } from "../http/index.ts";
import { networkOf, silentLog, systemClock, systemRandom } from "../runtime/index.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

/** Callers who ask for much and read nothing of it. */

const MB = 1_000_000;
let gate: TestGateway;
let agent: TestAgent;
let id: string;
beforeAll(async () => {
  agent = await startAgent((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify("x".repeat(18 * MB)));
  });
  gate = await startTestGateway("sqlite", { answerBytesMax: 100 * MB, trustedProxies: ["127.0.0.1"] });
  id = (await gate.register({ name: "generous", url: agent.url })).id;
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

const held = async (): Promise<number> => {
  const headers = { authorization: `Bearer ${gate.config.apiKey}`, accept: "text/plain" };
  const text = await (await fetch(`${gate.url}/metrics`, { headers })).text();
  return Number(/^agentgate_answers_held_bytes (\S+)$/m.exec(text)?.[1]);
};

/** Sends a task from this address, and reads of the answer what it is told to. */
function ask(address: string, path: string): Promise<{ socket: Socket; head: string }> {
  const body = JSON.stringify(textTask("hi"));
  const head = [
    `POST /agents/${id}/${path} HTTP/1.1`,
    "host: gateway",
    `x-forwarded-for: ${address}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
  ];
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(gate.url).port), "127.0.0.1");
    socket.on("error", reject);
    socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
    socket.once("data", (data) => {
      socket.pause();
      resolve({ socket, head: data.toString("latin1", 0, 3_000) });
    });
  });
}

test.each(["task", "task/stream"])(
  "who reads nothing of %s gets nothing more; others do, and it does when it has read",
  async (path) => {
    const unread: Socket[] = [];
    let refused = "";
    for (let i = 0; i < 8 && !refused; i++) {
      const { socket, head } = await ask("203.0.113.7", path);
      if (head.startsWith("HTTP/1.1 429")) refused = head;
      unread.push(socket);
      // An event's head comes before its answer does.
      if (!refused) await expect.poll(held, { timeout: 60_000 }).toBeGreaterThan((i + 1) * 17 * MB);
    }
    expect(unread.length).toBeGreaterThan(2);
    expect(refused).toContain("Too many answers wait for you to read them");
    expect(refused).toMatch(/retry-after: 1\r\n/i);
    expect(await held()).toBeLessThan(120 * MB);
    const other = await ask("203.0.113.8", "task");
    expect(other.head).toContain("HTTP/1.1 200");
    for (const socket of [...unread.slice(0, -1), other.socket]) socket.resume();
    await expect.poll(held, { timeout: 60_000 }).toBeLessThan(MB);
    const again = await ask("203.0.113.7", "task");
    expect(again.head).toContain("HTTP/1.1 200");
    for (const socket of [...unread, other.socket, again.socket]) socket.destroy();
    await expect.poll(held, { timeout: 60_000 }).toBe(0);
  },
  60_000,
);

test("who reads nothing is cut off after a while, who reads slowly is not; a quiet stream stays", async () => {
  const undelivered = new Undelivered({ bytesMax: 100 * MB, networkOf, clock: systemClock, patienceMs: 300 });
  const app = createHttpServer({
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
    publicUrl: "http://gateway",
    corsOrigins: [],
    trustedProxies: [],
    bodyBytesMax: 1_000,
    undelivered,
  });
  const keepAlives = new KeepAlives(systemClock);
  app.get("/whole", (_, reply) => reply.type("text/plain").send("x".repeat(40 * MB)));
  app.get("/events", (_, reply) => {
    const sink = openEvents(reply, { keepAlives, onLeave() {} });
    void sink.write(`data: ${"x".repeat(10 * MB)}\n\n`);
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const open = (path: string) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => {});
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    return socket;
  };
  const idle = ["/whole", "/events"].map(open);
  for (const socket of idle) socket.pause();
  await expect.poll(() => undelivered.bytes).toBeGreaterThan(45 * MB);
  await expect.poll(() => undelivered.bytes).toBe(0);

  const slow = open("/whole");
  let bytes = 0;
  slow.on("data", (data) => {
    bytes += data.length;
    if (bytes % 7 === 0) slow.pause();
    setTimeout(() => slow.resume(), 20);
  });
  const quiet = open("/events");
  let ended = false;
  quiet.on("close", () => {
    ended = true;
  });
  quiet.resume();
  await expect.poll(() => bytes, { timeout: 60_000 }).toBeGreaterThan(40 * MB);
  await expect.poll(() => undelivered.bytes).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(ended).toBe(false);
  for (const socket of [...idle, slow, quiet]) socket.destroy();
  await app.close();
});
