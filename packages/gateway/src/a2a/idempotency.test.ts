import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

/** P3: what is sent again under its Idempotency-Key has one effect and one price, on every entrance that sends. */

let gate: TestGateway;
let example: ExampleAgent;
let plain: TestAgent;
let asked = 0;
let payer: { id: string; key: string };
const ids = { a2a: "", plain: "" };
beforeAll(async () => {
  gate = await startTestGateway();
  example = await serveExampleAgent({
    onRequest: ({ method, headers }) => {
      if (method === "POST" && headers["x-agentgate-chain"]) asked += 1;
    },
  });
  plain = await startAgent();
  const card_url = `${example.url}/.well-known/agent-card.json`;
  ids.a2a = (await gate.register({ card_url, price_per_task: 1 })).id;
  ids.plain = (await gate.register({ name: "plain", url: plain.url, price_per_task: 1 })).id;
  payer = await gate.createOrg("payer", { rate_limit: 1e6, rate_burst: 1e6 });
  await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 1000 });
});
afterAll(async () => {
  await gate.close();
  await Promise.all([example.close(), plain.close()]);
});

const wallet = async () => {
  const { balance, held } = (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
  return [balance, held];
};

type Send = (text: string, key: string) => Promise<Response>;
const post = (path: string, body: unknown, key: string, headers: Record<string, string> = {}) =>
  fetch(gate.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${payer.key}`,
      "idempotency-key": key,
      ...headers,
    },
    body: JSON.stringify(body),
  });
const message = (text: string) => ({ messageId: `m-${text}`, role: "ROLE_USER", parts: [{ text }] });
const messageV03 = (text: string) => ({
  kind: "message",
  messageId: `m-${text}`,
  role: "user",
  parts: [{ kind: "text", text }],
});
const rpc = (method: string, params: object) => ({ jsonrpc: "2.0", id: 1, method, params });
const entrances: [name: string, agent: keyof typeof ids, send: Send][] = (["a2a", "plain"] as const).flatMap(
  (agent): [string, keyof typeof ids, Send][] => {
    const at = (path = "") => `/agents/${ids[agent]}${path}`;
    return [
      ["JSON-RPC", agent, (text, key) => post(at(), rpc("SendMessage", { message: message(text) }), key)],
      [
        "a JSON-RPC stream",
        agent,
        (text, key) => post(at(), rpc("SendStreamingMessage", { message: message(text) }), key),
      ],
      ["a 0.3 stream", agent, (text, key) => post(at(), rpc("message/stream", { message: messageV03(text) }), key)],
      ["an HTTP+JSON stream", agent, (text, key) => post(at("/message:stream"), { message: message(text) }, key)],
      ["a simple task", agent, (text, key) => post(at("/task"), textTask(text), key)],
      ["a simple stream", agent, (text, key) => post(at("/task/stream"), textTask(text), key)],
    ];
  },
);

describe.each(entrances)("%s to an agent of %s", (name, agent, send) => {
  const executions = () => (agent === "plain" ? plain.received.length : asked);

  test("sent again it answers again, for nothing; another body is refused", async () => {
    const key = `again ${name} ${agent}`.replaceAll(" ", "-");
    const [before, started] = [await wallet(), executions()];
    const first = await send("count 2", key);
    expect([first.status, first.headers.get("idempotency-replayed")]).toEqual([200, null]);
    const text = await first.text();
    expect(text).toMatch(/complete|Echo/i);
    await expect.poll(wallet).toEqual([before[0] - 1, 0]);
    const sent = executions() - started;
    // The answer of a stream is kept a moment after its last event.
    let second = await send("count 2", key);
    await expect
      .poll(async () => {
        if (second.status === 409) second = await send("count 2", key);
        return [second.status, second.headers.get("idempotency-replayed")];
      })
      .toEqual([200, "true"]);
    const repeated = await second.text();
    expect(second.headers.get("content-type")).toBe(first.headers.get("content-type"));
    if (agent === "a2a" && !name.startsWith("a simple")) expect(repeated).toMatch(/completed/i);
    else expect(repeated).toMatch(/complete|Echo/i);
    expect((await send("something else", key)).status).toBe(422);
    // Asking the agent for the task's last state is no execution of it.
    const extra = executions() - started - sent;
    expect(extra).toBeLessThanOrEqual(agent === "a2a" ? 1 : 0);
    expect(await wallet()).toEqual([before[0] - 1, 0]);
  });

  test("ten at once are one", async () => {
    const key = `ten ${name} ${agent}`.replaceAll(" ", "-");
    const [balance] = await wallet();
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const response = await send("wait 300", key);
        await response.text();
        return response;
      }),
    );
    const fresh = answers.filter(({ status, headers }) => status === 200 && !headers.has("idempotency-replayed"));
    expect(fresh).toHaveLength(1);
    for (const { status, headers } of answers) {
      if (status !== 200) expect([status, headers.get("retry-after")]).toEqual([409, "1"]);
    }
    await expect.poll(wallet).toEqual([balance - 1, 0]);
  });
});

test("a reader who lost a stream and sends again is told to wait, and is charged once", async () => {
  const path = `/agents/${ids.a2a}/message:stream`;
  /** Loses a stream of a task that takes so long, and sends again; undefined where the task was over before that. */
  const loseAndSend = async (waitMs: number) => {
    const [balance] = await wallet();
    const [body, key] = [{ message: message(`wait ${waitMs}`) }, `lost-${waitMs}`];
    const sentAt = performance.now();
    const lost = await post(path, body, key);
    await lost.body!.getReader().read();
    await lost.body!.cancel().catch(() => {});
    const answer = await post(path, body, key);
    if (answer.status !== 409 && performance.now() - sentAt > waitMs) return undefined;
    return { balance, body, key, answer };
  };
  let sent: Awaited<ReturnType<typeof loseAndSend>>;
  for (let waitMs = 1_500; !sent; waitMs *= 2) sent = await loseAndSend(waitMs);
  const { balance, body, key } = sent;
  let { answer } = sent;
  expect(answer.status).toBe(409);
  while (answer.status === 409) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer = await post(path, body, key);
  }
  expect(answer.status).toBe(200);
  expect(answer.headers.get("idempotency-replayed")).toBe("true");
  expect(await answer.text()).toMatch(/^data: \{"task":\{.*TASK_STATE_COMPLETED.*\}\}\n\n$/);
  expect(await wallet()).toEqual([balance - 1, 0]);
});

test("a stream that failed has cost nothing and may be sent again", async () => {
  const [balance] = await wallet();
  const send = () => post(`/agents/${ids.a2a}/message:stream`, { message: message("fail") }, "failing");
  for (let count = 0; count < 2; count++) {
    let response = await send();
    while (response.status === 409) response = await send();
    expect([response.status, response.headers.get("idempotency-replayed")]).toEqual([200, null]);
    expect(await response.text()).toContain("TASK_STATE_FAILED");
    await expect.poll(wallet).toEqual([balance, 0]);
  }
});

describe("one key and one body on two entrances", () => {
  const body = { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "hello" }] } };
  const legacy = { message: messageV03("hello") };
  const at = (path = "") => `/agents/${ids.a2a}${path}`;
  type Ask = (key: string) => Promise<Response>;
  /** Entrances of one group answer with the same JSON, and so may repeat each other's answers. */
  const groups: Record<string, Record<string, Ask>> = {
    task: {
      "/task": (key) => post(at("/task"), body, key),
      "/task/stream": (key) => post(at("/task/stream"), body, key),
    },
    "send in 1.0": {
      "message:send": (key) => post(at("/message:send"), body, key),
      SendMessage: (key) => post(at(), rpc("SendMessage", body), key),
    },
    "stream in 1.0": {
      "message:stream": (key) => post(at("/message:stream"), body, key),
      SendStreamingMessage: (key) => post(at(), rpc("SendStreamingMessage", body), key),
    },
    "send in 0.3": { "message/send": (key) => post(at(), rpc("message/send", legacy), key) },
    "stream in 0.3": { "message/stream": (key) => post(at(), rpc("message/stream", legacy), key) },
    "task in 0.3's words": { "/task": (key) => post(at("/task"), legacy, key) },
  };
  const all = Object.entries(groups).flatMap(([group, members]) =>
    Object.entries(members).map(([name, ask]) => ({ group, name, ask })),
  );
  const pairs = all.flatMap((first) => all.filter((second) => second !== first).map((second) => ({ first, second })));

  test.each(pairs)("$first.name ($first.group), then $second.name ($second.group)", async ({ first, second }) => {
    const key = `${first.group}-${first.name}-${second.group}-${second.name}`.replaceAll(" ", "_");
    const settled = async (ask: Ask) => {
      let response = await ask(key);
      while (response.status === 409) response = await ask(key);
      return {
        status: response.status,
        replayed: response.headers.get("idempotency-replayed"),
        text: await response.text(),
      };
    };
    expect(await settled(first.ask)).toMatchObject({ status: 200, replayed: null });
    const again = await settled(second.ask);
    if (first.group !== second.group) return expect(again).toMatchObject({ status: 422, replayed: null });
    expect(again).toMatchObject({ status: 200, replayed: "true" });
    const members = (text: string) => text.match(/"(?:message|task|artifacts|result|ucp|jsonrpc)":/g);
    const fresh = await (await second.ask(`${key}-fresh`)).text();
    return expect(members(again.text)).toEqual(members(fresh));
  });
});

test("what was paid for and left half way is not had again under its key, nor paid for again", async () => {
  const talking = await startAgent((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: a piece\n\n");
  });
  const { id } = await gate.register({ name: "talking", url: talking.url, price_per_task: 1 });
  const [balance] = await wallet();
  const send = () => post(`/agents/${id}/task/stream`, textTask("x"), "left-half-way");
  const reader = (await send()).body!.getReader();
  let text = "";
  while (!text.includes("a piece")) text += new TextDecoder().decode((await reader.read()).value);
  await reader.cancel();
  await expect.poll(wallet).toEqual([balance - 1, 0]);
  const again = await send();
  expect([again.status, again.headers.get("idempotency-replayed"), ((await again.json()) as any).code]).toEqual([
    410,
    "true",
    "answer_not_kept",
  ]);
  expect(talking.received).toHaveLength(1);
  expect(await wallet()).toEqual([balance - 1, 0]);
  await talking.close();
});
