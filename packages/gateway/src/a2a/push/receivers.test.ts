import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { testEngines } from "../../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { type RawAgent, rpcResult, startRawAgent } from "../testing/raw-agent.ts";

type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

/** What receivers do wrong, and then do right. */
const wrongs: [name: string, behaviour: Behaviour][] = [
  ["breaks off", (response) => response.destroy()],
  ["resets", (_, request) => request.socket.resetAndDestroy()],
  ["fails", (response) => response.writeHead(500).end()],
  ["is overloaded", (response) => response.writeHead(503, { "retry-after": "2" }).end()],
  ["redirects", (response) => response.writeHead(302, { location: "http://169.254.169.254/latest" }).end()],
  ["answers what is no HTTP", (_, request) => void request.socket.end("200 fine\r\n\r\n")],
];

/** Receivers that misbehave by script, real sockets, two nodes on one database. */
describe.each(testEngines())("receivers that misbehave, on %s", (engine) => {
  let gate: TestGateway;
  let other: TestGateway;
  let agent: RawAgent;
  const receivers: Server[] = [];
  let agentId: string;
  let behaviours: Behaviour[] = [];
  let got: { text: string; at: number; id: unknown }[] = [];
  let good: string;
  let bad: string;
  let silent: string;

  beforeAll(async () => {
    gate = await startTestGateway(engine);
    await gate.gateway.start();
    if (engine === "postgres") {
      other = await gate.another();
      await other.gateway.start();
    } else other = gate;
    agent = await startRawAgent(({ body }, response) => {
      response.setHeader("content-type", "application/json");
      const task = `{"id":"task-${body.id}","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}`;
      response.end(rpcResult(body.id, `{"task":${task}}`));
    });
    agentId = (await gate.register({ url: agent.url })).id;
    const receive = async (behave: (response: ServerResponse, request: IncomingMessage, text: string) => void) => {
      const server = createServer((request, response) => {
        let text = "";
        request.on("data", (chunk) => {
          text += chunk;
        });
        request.on("end", () => behave(response, request, text));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      receivers.push(server);
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    };
    const note = (request: IncomingMessage, text: string) =>
      got.push({ text, at: performance.now(), id: request.headers["x-agentgate-notification-id"] });
    good = await receive((response, request, text) => {
      note(request, text);
      response.end();
    });
    bad = await receive((response, request, text) => {
      note(request, text);
      const behave = behaviours.shift();
      if (behave) behave(response, request);
      else response.end();
    });
    // Half hang, half send a body that never ends.
    let calls = 0;
    silent = await receive((response) => {
      if (calls++ % 2) return;
      response.writeHead(200);
      const timer = setInterval(() => response.write("."), 200);
      response.on("close", () => clearInterval(timer));
    });
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
    for (const server of receivers) {
      server.closeAllConnections();
      server.close();
    }
  });
  beforeEach(() => {
    behaviours = [];
    got = [];
  });

  let calls = 0;
  const ask = async (url: string, node = gate) => {
    const rpcId = ++calls;
    const configuration = { returnImmediately: true, taskPushNotificationConfig: { url } };
    const params = { message: { messageId: "m", role: "ROLE_USER", parts: [{ text: "go" }] }, configuration };
    const call = { jsonrpc: "2.0", id: rpcId, method: "SendMessage", params };
    const answer = await node.call("POST", `/agents/${agentId}`, call, null);
    expect(answer.body.result?.task, JSON.stringify(answer.body)).toBeDefined();
    const { body } = agent.received.find((each) => each.body.id === rpcId)!;
    return { taskId: `task-${rpcId}`, push: body.params.configuration.taskPushNotificationConfig };
  };
  const update = (taskId: string, text = "") =>
    JSON.stringify({
      statusUpdate: { taskId, contextId: "c", status: { state: "TASK_STATE_WORKING" }, metadata: { text } },
    });
  const notify = async ({ taskId, push }: Awaited<ReturnType<typeof ask>>, text = "", node = gate) => {
    const url = node.url + new URL(push.url).pathname;
    const headers = { "content-type": "application/json", authorization: `Bearer ${push.token}` };
    return (await fetch(url, { method: "POST", headers, body: update(taskId, text) })).status;
  };
  const told = () => got.map(({ text }) => JSON.parse(text).statusUpdate.metadata.text);

  test.each(wrongs)("one that %s is tried again with the same id; what follows waits for it", async (_, wrong) => {
    behaviours = [wrong];
    const config = await ask(bad);
    expect(await notify(config, "first")).toBe(200);
    // Taken in by either node.
    expect(await notify(config, "second", other)).toBe(200);
    await expect
      .poll(() => {
        if (engine === "sqlite") gate.clock.skip(50);
        return told();
      })
      .toEqual(["first", "first", "second"]);
    expect(new Set(got.slice(0, 2).map(({ id }) => id)).size).toBe(1);
  });

  test("hundreds of notifications to one that hangs hold up nobody else's, of the same caller and agent neither", async () => {
    const configs = await Promise.all(Array.from({ length: 300 }, () => ask(silent)));
    expect(new Set(await Promise.all(configs.map((config) => notify(config))))).toEqual(new Set([200]));
    const config = await ask(good, other);
    const org = await gate.createOrg(`another tenant on ${engine}`);
    const theirs = await gate.register({ url: agent.url, name: "theirs" }, org.key);
    expect(theirs.id).not.toBe(agentId);
    // Whoever waited for one that hangs would wait for its whole time, 15 s.
    for (const text of ["one", "two", "three"]) {
      expect(await notify(config, text, text === "two" ? gate : other)).toBe(200);
      await expect.poll(() => told().at(-1), { interval: 5, timeout: 12_000 }).toBe(text);
    }
  });
});
