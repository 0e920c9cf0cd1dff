import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

const MB = 1_048_576;
const IN_FLIGHT = 32 * MB;

let gate: TestGateway;
let agent: TestAgent;
let id: string;
const open: { terminate?(): void; destroy?(): void }[] = [];

beforeAll(async () => {
  gate = await startTestGateway("sqlite", {
    trustedProxies: ["127.0.0.1"],
    corsOrigins: ["https://ui.example"],
    publicUrl: "https://gate.example/api",
    socketsMax: 64,
    requestBytesInFlight: IN_FLIGHT,
    requestBytesMax: 4 * MB,
  });
  agent = await startAgent();
  id = (await gate.register({ name: "echo", url: agent.url })).id;
});
afterEach(async () => {
  for (const socket of open.splice(0)) (socket.terminate ?? socket.destroy)!.call(socket);
  await expect.poll(held).toBe(0);
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

async function held(): Promise<number> {
  const response = await fetch(`${gate.url}/metrics`, {
    headers: { authorization: `Bearer ${gate.config.apiKey}`, accept: "text/plain" },
  });
  return Number(/^agentgate_socket_messages_held_bytes (\S+)$/m.exec(await response.text())?.[1]);
}

/** A client of `ws`: what it was told, and how it ended. */
function client(options: { headers?: Record<string, string>; origin?: string; to?: string; at?: string } = {}) {
  const { to = id, at = gate.url, headers = {}, origin } = options;
  const socket = new WebSocket(`${at.replace("http", "ws")}/agents/${to}/task/ws`, {
    headers: { "x-forwarded-for": "192.0.2.1", ...headers },
    ...(origin !== undefined && { origin }),
  });
  const messages: any[] = [];
  let end: number | string | undefined;
  socket.on("message", (data) => messages.push(JSON.parse(`${data}`)));
  socket.on("unexpected-response", (_, response) => {
    end = `HTTP ${response.statusCode}`;
    response.resume();
    socket.terminate();
  });
  socket.on("close", (code) => {
    end ??= code;
  });
  socket.on("error", () => {});
  open.push(socket);
  return {
    socket,
    messages,
    opened: () =>
      new Promise<void>((resolve) => (socket.readyState === 1 ? resolve() : socket.once("open", () => resolve()))),
    send: (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    end: () => expect.poll(() => end),
    ended: () => end,
  };
}

/** A connection that says what it is told to, and remembers what it hears. */
async function raw(address = "192.0.2.1", to = id): Promise<{ socket: Socket; heard(): Buffer }> {
  const { port } = new URL(gate.url);
  const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true }).on("error", () => {});
  open.push(socket);
  let heard = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    heard = Buffer.concat([heard, chunk]);
  });
  const key = Buffer.alloc(16, "k").toString("base64");
  socket.write(
    `GET /agents/${to}/task/ws HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address}\r\nUpgrade: websocket\r\n` +
      `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  await expect.poll(() => heard.includes("\r\n\r\n")).toBe(true);
  return { socket, heard: () => heard.subarray(heard.indexOf("\r\n\r\n") + 4) };
}

/** The head of a frame, masked with zeros. */
function frameHead(opcode: number, isFinal: boolean, length: number): Buffer {
  const head = Buffer.alloc(14);
  head[0] = (isFinal ? 0x80 : 0) | opcode;
  head[1] = 0xff;
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
const smallFrame = (opcode: number, isFinal: boolean, text: string) =>
  Buffer.concat([Buffer.from([(isFinal ? 0x80 : 0) | opcode, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
function closeCode(heard: Buffer): number | undefined {
  for (let at = 0; at + 3 < heard.length; at++) if (heard[at] === 0x88) return heard.readUInt16BE(at + 2);
  return undefined;
}

describe("pages of other origins", () => {
  test.each([
    ["no page", undefined, "open"],
    ["a configured origin", "https://ui.example", "open"],
    ["the public URL's", "https://gate.example", "open"],
    ["the host that was asked for", () => gate.url, "open"],
    ["a foreign one", "https://evil.example", "HTTP 403"],
    ["one that begins alike", "https://gate.example.evil.example", "HTTP 403"],
    ["another port", "http://127.0.0.1:1", "HTTP 403"],
    ["no origin that can be told", "null", "HTTP 403"],
    ["an extension's", "chrome-extension://abcdef", "HTTP 403"],
    ["one with a path", "https://gate.example/api", "HTTP 403"],
  ])("%s: %s", async (_, origin, expected) => {
    const { socket, ended } = client({ headers: {} });
    socket.terminate();
    const tried = client({
      ...(origin !== undefined && { origin: typeof origin === "string" ? origin : origin() }),
    });
    await expect.poll(() => (tried.socket.readyState === WebSocket.OPEN ? "open" : tried.ended())).toBe(expected);
    expect(ended()).not.toBe("HTTP 200");
  });
});

describe("keys that are tried over sockets", () => {
  test("take a token of their address each, as over HTTP, however many sockets there are", async () => {
    const node = await gate.another({ rateLimit: 0.000_1, rateBurst: 20 });
    const guarded = (await gate.register({ name: "guarded", url: agent.url, agent_api_key: "k1" })).id;
    let judged = 0;
    const guess = async () => {
      const { socket, opened } = client({ to: guarded, at: node.url });
      const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
      socket.on("message", (data) => {
        if (`${data}`.includes("Invalid API key")) judged++;
      });
      await Promise.race([opened(), closed]);
      for (let k = 0; k < 4; k++) socket.send(JSON.stringify({ type: "auth", token: `guess-${k}` }), () => {});
      return { socket, closed };
    };
    // A socket takes a token as well: so that not all are gone before the first key is tried.
    const { socket: first } = await guess();
    await expect.poll(() => judged).toBeGreaterThan(0);
    const others = await Promise.all(Array.from({ length: 29 }, guess));
    setTimeout(() => {
      for (const { socket } of [{ socket: first }, ...others]) socket.close();
    }, 300);
    await Promise.all(others.map(({ closed }) => closed));
    expect(judged).toBeLessThanOrEqual(20);
    // The bucket is the one of HTTP.
    const response = await fetch(`${node.url}/agents/${guarded}/task`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-forwarded-for": "::ffff:192.0.2.1",
        authorization: "Bearer k1",
      },
      body: "{}",
    });
    expect(response.status).toBe(429);
    await client({ to: guarded, at: node.url }).end().toBe("HTTP 429");
    const other = client({ to: guarded, at: node.url, headers: { "x-forwarded-for": "192.0.2.9" } });
    await other.opened();
    other.send({ type: "auth", token: "k1" });
    await expect.poll(() => other.messages).toEqual([{ type: "status", data: "Authenticated" }]);
  });
});

describe("how many sockets there may be", () => {
  test("an address has a share; others, and who has a key, have theirs", async () => {
    const many = Array.from({ length: 12 }, () => client());
    await expect.poll(() => many.filter(({ ended }) => ended() === 1013).length).toBe(4);
    const neighbour = client({ headers: { "x-forwarded-for": "192.0.2.2" } });
    await neighbour.opened();
    neighbour.send(textTask("x"));
    await expect.poll(() => neighbour.messages.length).toBe(2);
    const org = await gate.createOrg("with a key");
    const known = Array.from({ length: 18 }, () => client({ headers: { authorization: `Bearer ${org.key}` } }));
    await expect.poll(() => known.filter(({ ended }) => ended() === 1013).length).toBe(2);
  });

  test("who authenticates moves to the key's share", async () => {
    const org = await gate.createOrg("moves");
    for (let i = 0; i < 12; i++) {
      const { opened, send, messages } = client();
      await opened();
      send({ type: "auth", token: org.key });
      await expect.poll(() => messages.at(-1)).toEqual({ type: "status", data: "Authenticated" });
    }
  });
});

describe("messages that are not finished", () => {
  test("of callers without a key are small, and of known ones as large as a body", async () => {
    const stranger = client();
    await stranger.opened();
    stranger.send(JSON.stringify({ ...textTask("x"), pad: "x".repeat(MB) }));
    await stranger.end().toBe(1009);
    const intricate = client();
    await intricate.opened();
    intricate.send({ ...textTask("x"), pad: Array(60_000).fill(0) });
    await expect.poll(() => intricate.messages[0]).toMatchObject({ type: "error" });
    const org = await gate.createOrg("large");
    for (const headers of [{ authorization: `Bearer ${org.key}` }, {}]) {
      const known = client({ headers });
      await known.opened();
      // Right behind the key, without waiting.
      if (!headers.authorization) known.send({ type: "auth", token: org.key });
      known.send(JSON.stringify({ ...textTask("large"), pad: "x".repeat(3 * MB) }));
      await expect.poll(() => known.messages.at(-1)?.type).toBe("result");
      known.send(JSON.stringify({ ...textTask("large"), pad: "x".repeat(4 * MB) }));
      await known.end().toBe(1009);
    }
  });

  test("take no more than the address's share, whatever their frames are; others are served meanwhile", async () => {
    const shapes = [
      // One frame that ends a byte short.
      () => [frameHead(1, true, MB), Buffer.alloc(MB - 1, "x")],
      // Fragments, the last of which never comes.
      () => [
        frameHead(1, false, MB / 2),
        Buffer.alloc(MB / 2, "x"),
        frameHead(0, false, MB / 2 - 1),
        Buffer.alloc(MB / 2 - 1),
      ],
      // Empty fragments without end.
      () => [smallFrame(1, false, "x"), ...Array.from({ length: 900 }, () => smallFrame(0, false, "y"))],
    ];
    for (let round = 0; round < 8; round++) {
      for (const shape of shapes) {
        const { socket } = await raw(`192.0.2.${10 + (round % 4)}`).catch(() => ({ socket: undefined }));
        for (const piece of shape()) socket?.write(piece);
      }
      expect(await held()).toBeLessThanOrEqual(IN_FLIGHT / 4);
    }
    expect(await held()).toBeGreaterThan(MB);
    const org = await gate.createOrg("served meanwhile");
    const other = client({ headers: { authorization: `Bearer ${org.key}` } });
    await other.opened();
    other.send(textTask("x"));
    await expect.poll(() => other.messages.length).toBe(2);
  });

  test("in single bytes count for what they take", async () => {
    const { socket, heard } = await raw();
    socket.write(frameHead(1, true, 200_000));
    let stop = false;
    socket.on("close", () => {
      stop = true;
    });
    for (let i = 0; i < 20_000 && !stop; i++) {
      socket.write("x");
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    // 20 kB on the wire; as pieces they may not take more than the address's share.
    if (stop || closeCode(heard()) !== undefined) expect(closeCode(heard())).toBe(1013);
    else expect(await held()).toBeGreaterThan(20_000);
  });

  test("have to come to their end in time, although pings are answered", async () => {
    const slow = await raw("192.0.2.3");
    slow.socket.write(smallFrame(1, false, '{"id":'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    gate.clock.skip(30_000);
    slow.socket.write(smallFrame(9, true, "ping"));
    slow.socket.write(smallFrame(10, true, ""));
    await new Promise((resolve) => setTimeout(resolve, 100));
    slow.socket.write(smallFrame(10, true, ""));
    expect(closeCode(slow.heard())).toBeUndefined();
    gate.clock.skip(29_000);
    slow.socket.write(smallFrame(0, false, "1"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    slow.socket.write(smallFrame(10, true, ""));
    gate.clock.skip(2_000);
    await expect.poll(() => closeCode(slow.heard())).toBe(1008);
  });
});

test("a socket of somebody unknown that says nothing is closed after a minute, one with a key is not", async () => {
  const org = await gate.createOrg("quiet");
  const silent = client();
  const known = client({ headers: { authorization: `Bearer ${org.key}` } });
  const speaking = client();
  await Promise.all([silent.opened(), known.opened(), speaking.opened()]);
  const pass = async (ms: number) => {
    gate.clock.skip(ms);
    await new Promise((resolve) => setTimeout(resolve, 100));
  };
  await pass(25_000);
  await pass(25_000);
  speaking.send(textTask("x"));
  await expect.poll(() => speaking.messages.length).toBe(2);
  await pass(12_000);
  await silent.end().toBe(1008);
  expect([known.ended(), speaking.ended()]).toEqual([undefined, undefined]);
});

test("compression is never agreed on", async () => {
  const { socket, opened } = client();
  await opened();
  expect(socket.extensions).toBe("");
});
