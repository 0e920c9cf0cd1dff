import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { startTestGateway, type TestGateway, textTask } from "../testing/index.ts";
import { cardOf, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** Tasks of the plain contract that are sent to A2A agents. */

let gate: TestGateway;
let example: ExampleAgent;
let id: string;
beforeAll(async () => {
  gate = await startTestGateway();
  example = await serveExampleAgent();
  id = (await gate.register({ card_url: `${example.url}/.well-known/agent-card.json` })).id;
});
afterAll(async () => {
  await gate.close();
  await example.close();
});

const task = (agentId: string, body: unknown) => gate.call("POST", `/agents/${agentId}/task`, body);

test("reach the agent with their parts, and artifacts come back", async () => {
  const { status, body } = await task(id, textTask("Guten Tag", "my-task"));
  expect(status).toBe(200);
  expect(body).toMatchObject({
    id: "my-task",
    status: { state: "completed" },
    artifacts: [{ parts: [{ type: "text", text: "Echo: Guten Tag" }] }],
  });
  const data = (await task(id, textTask("data"))).body;
  expect(data.artifacts[0].parts[0]).toMatchObject({ type: "data", data: { key: "value", count: 42 } });
  const file = (await task(id, textTask("file"))).body;
  expect(file.artifacts[0].parts[0]).toMatchObject({
    type: "file",
    file: { name: "output.txt", mimeType: "text/plain" },
  });
});

test("any JSON can be data, both ways", async () => {
  const data = [null, [1], "text", 7, { k: null }];
  const echo = await startRawAgent(({ body }, response) => {
    const { parts } = body.params.message;
    const said = { message: { messageId: "r", role: "ROLE_AGENT", parts } };
    response.end(rpcResult(body.id, JSON.stringify(said)));
  });
  const { id: echoId } = await gate.register({ url: echo.url });
  const parts = data.map((value) => ({ type: "data", data: value }));
  const { body } = await task(echoId, { id: "d", message: { parts } });
  expect(body.artifacts[0].parts).toEqual(parts);
  await echo.close();
});

test("pieces are put together, and streamed as they come", async () => {
  const { artifacts } = (await task(id, textTask("count 4"))).body;
  expect(artifacts[0].parts.map(({ text }: any) => text)).toEqual(["1 ", "2 ", "3 ", "4 "]);
  const events = (await gate.call("POST", `/agents/${id}/task/stream`, textTask("count 4"))).body as string;
  expect(events.match(/event: chunk\ndata: \d /g)).toHaveLength(4);
  expect(events).toContain("event: result");
});

test("a question comes with what it takes to answer it", async () => {
  const asking = (await task(id, textTask("ask"))).body;
  expect(asking.status).toMatchObject({ state: "input-required", message: { parts: [{ text: "Which city?" }] } });
  const { taskId, contextId } = asking;
  const answer = (await task(id, { id: "a", message: { taskId, contextId, parts: [{ type: "text", text: "Bonn" }] } }))
    .body;
  expect(answer.artifacts[0].parts[0].text).toBe("You said: Bonn");
});

test("a task that takes longer than its time is answered with its state and id", async () => {
  const { id: slow } = await gate.register({ url: example.url, timeout_ms: 30_000 });
  const asked = task(slow, textTask("wait 60000"));
  await expect.poll(async () => (await gate.call("GET", `/agents/${slow}/tasks`)).body.tasks.length).toBe(1);
  gate.clock.skip(30_000);
  const { body } = await asked;
  expect([body.status.state, body.taskId]).toEqual(["working", expect.any(String)]);
  const state = async () => (await gate.call("GET", `/agents/${slow}/tasks/${body.taskId}`)).body.status.state;
  expect(await state()).toBe("TASK_STATE_WORKING");
  await gate.call("POST", `/agents/${slow}/tasks/${body.taskId}:cancel`);
  expect(await state()).toBe("TASK_STATE_CANCELED");
});

test("a task that fails is an error, in the agent's words", async () => {
  const { status, body } = await task(id, textTask("fail"));
  expect([status, body.detail]).toEqual([502, "Agent returned error: This did not work out"]);
});

test.each([true, false])(
  "an answer that is neither a task nor a message is none (streaming: %s)",
  async (streaming) => {
    const payer = await gate.createOrg(`payer of nothing, ${streaming}`);
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10 });
    for (const result of ["{}", '{"task":{}}']) {
      const vague = await startRawAgent(
        ({ body }, response) => void response.end(rpcResult(body.id, result)),
        (url) => cardOf(url, { capabilities: { streaming } }),
      );
      const { id: vagueId } = await gate.register({ url: vague.url, price_per_task: 1 });
      const answer = await gate.call("POST", `/agents/${vagueId}/task`, textTask("hi"), payer.key);
      expect([answer.status, answer.body.detail]).toEqual([502, expect.stringContaining("Agent")]);
      const wallet = (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
      expect(wallet).toMatchObject({ balance: 10, held: 0 });
      await vague.close();
    }
  },
);

test.each<[what: string, events: string, said: string]>([
  ["breaks off before it begins", ": hello\n\n", "broke off its answer"],
  [
    "begins with an error",
    'data: {"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"lost my words"}}\n\n',
    "Agent returned error: lost my words",
  ],
])("a stream that %s is told as what it is", async (_, events, said) => {
  const broken = await startRawAgent((_request, response) => {
    response.setHeader("content-type", "text/event-stream");
    response.write(events, () => response.destroy());
  });
  const { id: brokenId } = await gate.register({ url: broken.url });
  const { status, body } = await task(brokenId, textTask("hi"));
  expect([status, body.detail]).toEqual([502, expect.stringContaining(said)]);
  await broken.close();
});

test.each([
  [60_000, 8, 200],
  [100_001, 8, 502],
  [30, 1_000_000, 502],
])(
  "a stream of %i pieces of %i characters is put together, as far as it is one answer (%i)",
  async (pieces, size, status) => {
    const text = "x".repeat(size);
    const head = { task: { id: `many-${pieces}`, contextId: "c", status: { state: "TASK_STATE_WORKING" } } };
    const artifact = { artifactId: "a", parts: [{ text }] };
    const piece = { artifactUpdate: { taskId: `many-${pieces}`, contextId: "c", artifact, append: true } };
    const end = { statusUpdate: { taskId: `many-${pieces}`, contextId: "c", status: { state: 3 } } };
    const wordy = await startRawAgent(({ body }, response) => {
      const event = (result: object) => `data: ${rpcResult(body.id, JSON.stringify(result))}\n\n`;
      response.setHeader("content-type", "text/event-stream");
      response.write(event(head));
      const each = event(piece);
      const atOnce = Math.max(1, Math.floor(60_000 / each.length));
      for (let sent = 0; sent < pieces; sent += atOnce) response.write(each.repeat(Math.min(atOnce, pieces - sent)));
      response.end(event(end));
    });
    const { id: wordyId } = await gate.register({ url: wordy.url });
    const answer = await task(wordyId, textTask("x"));
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.body.artifacts[0].parts).toHaveLength(pieces);
    else expect(answer.body.detail).toContain("too large an answer");
    await wordy.close();
  },
);
