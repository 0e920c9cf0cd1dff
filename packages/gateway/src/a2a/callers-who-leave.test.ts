import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";
import { EVENTS_MAX, LeavingAgent, piecesBy, type Script } from "./testing/leaving-agent.ts";

/**
 * P30: who got it pays, who paid got it. Callers leave at every event of every entrance, from agents of every kind; for each it is known
 * what had been delivered, so what is to be paid, and of what is released nothing may arrive afterwards on any way.
 */

let gate: TestGateway;
let receiver: Server;
let webhook = "";
const agents: Record<Kind, { agent: LeavingAgent; id: string }> = {} as never;
/** What arrived at the webhook, by case. */
const pushed = new Map<string, string>();
type Kind = "that keeps tasks" | "that keeps no tasks" | "of 0.3" | "of 0.3 without tasks";

beforeAll(async () => {
  gate = await startTestGateway("sqlite", { streamTimeoutMs: 600_000 });
  await gate.gateway.start();
  const kinds: [Kind, ConstructorParameters<typeof LeavingAgent>[0]][] = [
    ["that keeps tasks", { version: "1.0", keepsTasks: true }],
    ["that keeps no tasks", { version: "1.0", keepsTasks: false }],
    ["of 0.3", { version: "0.3", keepsTasks: true }],
    ["of 0.3 without tasks", { version: "0.3", keepsTasks: false }],
  ];
  for (const [kind, options] of kinds) {
    const agent = await new LeavingAgent(options).start();
    const card_url = `${agent.url}/.well-known/agent-card.json`;
    agents[kind] = { agent, id: (await gate.register({ card_url, price_per_task: 1 })).id };
  }
  receiver = createServer((request, response) => {
    request.on("data", (chunk) => {
      const name = request.url!.slice(1);
      pushed.set(name, (pushed.get(name) ?? "") + chunk);
    });
    request.on("end", () => response.end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  webhook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await gate.close();
  receiver.close();
  for (const { agent } of Object.values(agents)) await agent.close();
});

const rpc = (method: string, params: object) => ({ jsonrpc: "2.0", id: 1, method, params });
const current = (text: string, configuration?: object) => ({
  message: { messageId: "m", role: "ROLE_USER", parts: [{ text }] },
  ...(configuration && { configuration }),
});
const legacy = (text: string) => ({
  message: { kind: "message", messageId: "m", role: "user", parts: [{ kind: "text", text }] },
});
/** 0.3's binding to HTTP+JSON, by its proto. */
const proto = (text: string) => ({ message: { messageId: "m", role: "ROLE_USER", content: [{ text }] } });
const simple = (text: string) => ({ id: "x", message: { parts: [{ type: "text", text }] } });

interface Entrance {
  path: string;
  body: (text: string) => object;
  /** Leaving stops the agent. */
  stops?: boolean;
}
const streams: Record<string, Entrance> = {
  "a JSON-RPC stream": { path: "", body: (text) => rpc("SendStreamingMessage", current(text)) },
  "an HTTP+JSON stream": { path: "/message:stream", body: (text) => current(text) },
  "a JSON-RPC stream of 0.3": { path: "", body: (text) => rpc("message/stream", legacy(text)) },
  "an HTTP+JSON stream of 0.3": { path: "/v1/message:stream", body: proto },
  "a simple stream": { path: "/task/stream", body: simple, stops: true },
};

let cases = 0;
/** `expect.poll` knows one test at a time, and here many go on at once. */
async function until(what: string, isSo: () => unknown): Promise<void> {
  for (const endsAt = performance.now() + 20_000; !(await isSo()); ) {
    if (performance.now() > endsAt) throw new Error(`not within 20 s: ${what}`);
    await pause(20);
  }
}
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A payer of its own for each case, so that all may go on at once. */
async function payer() {
  const name = `case-${++cases}`;
  const { id, key } = await gate.createOrg(name, { rate_limit: 1e6, rate_burst: 1e6 });
  await gate.call("POST", `/orgs/${id}/topup`, { amount: 10 });
  const wallet = async () => (await gate.call("GET", `/orgs/${id}/wallet`)).body;
  /** What the call has cost, once that is certain. */
  const cost = async () => {
    await until(`the price of ${name} finds its end`, async () => (await wallet()).held === 0);
    return 10 - (await wallet()).balance;
  };
  return { name, key, cost };
}
type Payer = Awaited<ReturnType<typeof payer>>;

const post = (path: string, key: string, body: object, signal?: AbortSignal) =>
  fetch(gate.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });

const count = (text: string) => new Set(text.match(/PIECE-\d/g)).size;

/** Reads a stream until it holds what the agent sends by then, and leaves. */
async function leaveStream(path: string, who: Payer, body: object, hasAll: (text: string) => unknown) {
  const leaving = new AbortController();
  const response = await post(path, who.key, body, leaving.signal);
  let text = "";
  const reading = (async () => {
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
  })().catch(() => {});
  await until(`${who.name} has what was sent`, () => hasAll(text));
  leaving.abort();
  await reading;
  return text;
}

/** Whatever a caller may do to get at its task afterwards. */
async function everyWay(agentId: string, key: string, taskId: string): Promise<string> {
  const base = `/agents/${agentId}`;
  const ask = async (method: string, params: object) => (await post(base, key, rpc(method, params))).text();
  const get = async (path: string) =>
    (await fetch(gate.url + base + path, { headers: { authorization: `Bearer ${key}` } })).text();
  const subscribed = async (path: string, body: object) => {
    const response = await post(path, key, body, AbortSignal.timeout(1_000));
    return response.text().catch(() => "");
  };
  const answers = await Promise.all([
    ask("GetTask", { id: taskId }),
    ask("tasks/get", { id: taskId }),
    ask("ListTasks", { includeArtifacts: true }),
    get(`/tasks/${taskId}`),
    get(`/v1/tasks/${taskId}`),
    get("/tasks?includeArtifacts=true"),
    subscribed(base, rpc("SubscribeToTask", { id: taskId })),
    subscribed(base, rpc("tasks/resubscribe", { id: taskId })),
    subscribed(`${base}/tasks/${taskId}:subscribe`, {}),
  ]);
  return [...answers, await ask("CancelTask", { id: taskId })].join("\n");
}

const kinds: Kind[] = ["that keeps tasks", "that keeps no tasks", "of 0.3", "of 0.3 without tasks"];
const keepsTasks = (kind: Kind) => agents[kind].agent.options.keepsTasks;

describe("a caller who leaves a stream", () => {
  const fates: Script["fate"][] = ["completes", "fails"];
  const all = Object.keys(streams).flatMap((entrance) =>
    kinds.flatMap((kind) => fates.map((fate) => ({ entrance, kind, fate }))),
  );
  test.concurrent.each(all)("$entrance, of an agent $kind, whose task $fate", async (how) => {
    const { agent, id } = agents[how.kind];
    const { path, body, stops } = streams[how.entrance]!;
    for (let upTo = 0; upTo <= EVENTS_MAX; upTo++) {
      const who = await payer();
      // Of a simple stream the chunks are the artifacts' alone.
      const delivered = stops && upTo >= 3 ? piecesBy(upTo) - 1 : piecesBy(upTo);
      const script = JSON.stringify({ name: who.name, upTo, fate: how.fate } satisfies Script);
      const got = await leaveStream(`/agents/${id}${path}`, who, body(script), (text) => {
        if (!agent.tasks.has(who.name) || count(text) < delivered) return false;
        return stops || upTo === 0 || /working/i.test(text);
      });
      expect(count(got)).toBe(delivered);
      const cost = await who.cost();
      // Whether the gateway had heard of the task: of a simple stream its caller cannot know.
      const isKnown = keepsTasks(how.kind) && (stops ? agent.stopped.has(who.name) : upTo > 0);
      const isPaid = isKnown ? how.fate === "completes" : delivered > 0;
      expect([upTo, cost]).toEqual([upTo, isPaid ? 1 : 0]);
      agent.tasks.get(who.name)!.state = "TASK_STATE_COMPLETED";
      const afterwards = await everyWay(id, who.key, who.name);
      if (!isPaid) expect(afterwards).not.toContain("PIECE");
      else if (isKnown) expect(afterwards).toContain("PIECE");
    }
  });
});

describe("an agent that ends its stream while its caller is there", () => {
  const ends = ["TASK_STATE_COMPLETED", "TASK_STATE_FAILED", "TASK_STATE_CANCELED", "break"] as const;
  const all = Object.keys(streams).flatMap((entrance) =>
    kinds.flatMap((kind) => ends.map((end) => ({ entrance, kind, end }))),
  );
  test.concurrent.each(all)("$entrance, of one $kind: $end", async ({ entrance, kind, end }) => {
    // A connection that breaks is taken up again where the task is kept: that is no end of it.
    if (end === "break" && keepsTasks(kind)) return;
    const { agent, id } = agents[kind];
    const { path, body } = streams[entrance]!;
    for (let upTo = 1; upTo <= EVENTS_MAX; upTo++) {
      const who = await payer();
      const script = JSON.stringify({ name: who.name, upTo, fate: "works on", ends: end } satisfies Script);
      await (await post(`/agents/${id}${path}`, who.key, body(script))).text();
      const hasPiece = entrance === "a simple stream" ? upTo >= 2 : piecesBy(upTo) > 0;
      const isPaid = end === "TASK_STATE_COMPLETED" || (end === "TASK_STATE_CANCELED" && hasPiece);
      expect([upTo, await who.cost()]).toEqual([upTo, isPaid ? 1 : 0]);
      agent.tasks.get(who.name)!.state = "TASK_STATE_COMPLETED";
      if (!isPaid) expect(await everyWay(id, who.key, who.name)).not.toContain("PIECE");
    }
  });
});

describe("a caller who leaves a single answer", () => {
  const all = kinds.flatMap((kind) => [true, false].map((stops) => ({ kind, stops })));
  test.concurrent.each(all)("a simple task, of an agent $kind (stops when told to: $stops)", async (how) => {
    const { agent, id } = agents[how.kind];
    for (const socket of [false, true]) {
      for (let upTo = 0; upTo <= EVENTS_MAX; upTo++) {
        const who = await payer();
        const script = { name: who.name, upTo, fate: "works on", stops: how.stops } satisfies Script;
        const leave = await (socket ? overSocket : overHttp)(id, who, simple(JSON.stringify(script)));
        await until("the agent works", () => agent.tasks.has(who.name));
        await pause(10);
        leave();
        expect([socket, upTo, await who.cost()]).toEqual([socket, upTo, 0]);
        agent.tasks.get(who.name)!.state = "TASK_STATE_COMPLETED";
        expect(await everyWay(id, who.key, who.name)).not.toContain("PIECE");
      }
    }
  });

  const overHttp = async (id: string, who: Payer, body: object) => {
    const leaving = new AbortController();
    post(`/agents/${id}/task`, who.key, body, leaving.signal).catch(() => {});
    return () => leaving.abort();
  };
  const overSocket = async (id: string, who: Payer, body: object) => {
    const headers = { authorization: `Bearer ${who.key}` };
    const socket = new WebSocket(`${gate.url.replace("http", "ws")}/agents/${id}/task/ws`, { headers });
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(JSON.stringify(body));
    return () => socket.terminate();
  };
});

describe("a caller who was answered at once and polls", () => {
  type Way = "GetTask" | "ListTasks" | "SubscribeToTask" | "states alone" | "nothing";
  const ways: Way[] = ["GetTask", "ListTasks", "SubscribeToTask", "states alone", "nothing"];
  const all = (["that keeps tasks", "of 0.3"] as Kind[]).flatMap((kind) => ways.map((way) => ({ kind, way })));
  test.concurrent.each(all)("$way, of an agent $kind, before it is cancelled", async ({ kind, way }) => {
    const { agent, id } = agents[kind];
    const who = await payer();
    const script = JSON.stringify({
      name: who.name,
      upTo: 0,
      fate: "works on",
      stops: true,
      bare: true,
    } satisfies Script);
    await post(`/agents/${id}`, who.key, rpc("SendMessage", current(script, { returnImmediately: true })));
    const isPaid = way !== "nothing" && way !== "states alone";
    if (way === "states alone") {
      const listed = await (await post(`/agents/${id}`, who.key, rpc("ListTasks", {}))).text();
      expect(listed).toContain("WORKING");
      expect(listed).not.toContain("PIECE");
    }
    if (isPaid) {
      const leaving = new AbortController();
      const params = way === "ListTasks" ? { includeArtifacts: true } : { id: who.name };
      const response = await post(`/agents/${id}`, who.key, rpc(way, params), leaving.signal);
      let text = "";
      const reading = (async () => {
        for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) text += chunk;
      })().catch(() => {});
      await until("a piece is polled", () => text.includes("PIECE"));
      leaving.abort();
      await reading;
    }
    agent.tasks.get(who.name)!.state = "TASK_STATE_CANCELED";
    expect(await who.cost()).toBe(isPaid ? 1 : 0);
    const afterwards = await everyWay(id, who.key, who.name);
    expect(afterwards.includes("PIECE")).toBe(isPaid);
  });
});

describe("a caller who leaves and waits for notifications", () => {
  const all = kinds.flatMap((kind) => ["while it is there", "afterwards"].map((when) => ({ kind, when })));
  test.concurrent.each(all)("of an agent $kind and sends one $when", async ({ kind, when }) => {
    const { agent, id } = agents[kind];
    for (let upTo = 0; upTo <= 1; upTo++) {
      const who = await payer();
      const script = JSON.stringify({ name: who.name, upTo, fate: "works on" } satisfies Script);
      const config = { taskPushNotificationConfig: { url: `${webhook}/${who.name}` } };
      const before = when === "while it is there";
      await leaveStream(`/agents/${id}/message:stream`, who, current(script, config), async (text) => {
        if (!agent.tasks.has(who.name) || (upTo > 0 && !/working/i.test(text))) return false;
        if (!before) return true;
        // A task that the gateway has not heard of is not told of, paid for or not.
        expect(await agent.push(who.name)).toBe(200);
        if (upTo > 0) await until("it is delivered", () => pushed.get(who.name)?.includes("PIECE"));
        return true;
      });
      const task = agent.tasks.get(who.name)!;
      const isDelivered = before && upTo > 0;
      if (isDelivered || upTo === 0 || !keepsTasks(kind)) {
        if (keepsTasks(kind) && upTo > 0) task.state = "TASK_STATE_CANCELED";
        expect([upTo, await who.cost()]).toEqual([upTo, isDelivered ? 1 : 0]);
        const got = pushed.get(who.name);
        task.state = "TASK_STATE_COMPLETED";
        const status = await agent.push(who.name);
        await pause(150);
        if (isDelivered) expect(status).toBe(200);
        else expect([status, got, pushed.get(who.name)]).toEqual([404, undefined, undefined]);
        if (!isDelivered) expect(await everyWay(id, who.key, who.name)).not.toContain("PIECE");
      } else {
        task.state = "TASK_STATE_COMPLETED";
        expect(await who.cost()).toBe(1);
        expect(await agent.push(who.name)).toBe(200);
        await until("it is delivered", () => pushed.get(who.name)?.includes("PIECE"));
      }
    }
  });
});

describe("an agent of the plain contract", () => {
  let agent: TestAgent;
  let id: string;
  beforeAll(async () => {
    agent = await startAgent(({ body }, response) => {
      const { pieces, end } = JSON.parse(JSON.stringify(body).includes("pieces") ? textOf(body) : "{}");
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      for (let piece = 1; piece <= pieces; piece++) response.write(`data: PIECE-${piece}\n\n`);
      if (end === "break") setTimeout(() => response.destroy(), 30);
      if (end === "result") response.end('event: result\ndata: {"text":"PIECE-9"}\n\n');
    });
    id = (await gate.register({ name: "plain", url: agent.url, price_per_task: 1 })).id;
  });
  afterAll(() => agent.close());
  const textOf = (body: string) => JSON.parse(body).message.parts[0].text;

  test.each([
    ["/task/stream", simple, 0],
    // Its head comes with the first piece.
    ["/message:stream", current, 1],
  ] as const)(
    "is paid as far as its caller got something by %s, and has answered or was stopped by it",
    async (path, bodyOf, least) => {
      for (const end of ["nothing", "break", "result"] as const) {
        for (let pieces: number = least; pieces <= 3; pieces++) {
          const who = await payer();
          const body = bodyOf(JSON.stringify({ pieces, end }));
          const asked = agent.received.length;
          if (end === "nothing") {
            await leaveStream(`/agents/${id}${path}`, who, body, (text) => {
              return agent.received.length > asked && count(text) === pieces;
            });
          } else await (await post(`/agents/${id}${path}`, who.key, body)).text();
          const isPaid = end === "result" || (end === "nothing" && pieces > 0);
          expect([end, pieces, await who.cost()]).toEqual([end, pieces, isPaid ? 1 : 0]);
        }
      }
    },
  );

  test.each([
    ["/task", simple, 3],
    ["/message:send", current, 3],
    ["/message:stream", current, 0],
  ] as const)("is stopped by a caller who leaves %s, and costs nothing", async (path, body, pieces) => {
    const who = await payer();
    const asked = agent.received.length;
    const leaving = new AbortController();
    const text = JSON.stringify({ pieces, end: "nothing" });
    post(`/agents/${id}${path}`, who.key, body(text), leaving.signal).catch(() => {});
    await until("the agent works", () => agent.received.length > asked);
    leaving.abort();
    expect(await who.cost()).toBe(0);
  });
});
