import { request as httpRequest, type ServerResponse } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway, textTask } from "../testing/index.ts";

/** What answers of any size and shape may do to those who did not ask for them. */

let gate: TestGateway;
let agent: TestAgent;
let send: (response: ServerResponse, path: string) => void;
beforeAll(async () => {
  gate = await startTestGateway("sqlite", { taskTimeoutMs: 20_000 });
  agent = await startAgent(({ path }, response) => send(response, path));
});
afterAll(async () => {
  await gate.close();
  await agent.close();
});

/** Posts a task and counts what comes; its text is only made of short answers. */
function post(path: string, body: object = textTask("hi")): Promise<{ status: number; bytes: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const request = httpRequest(gate.url + path, { method: "POST", headers }, (response) => {
      let bytes = 0;
      let text = "";
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes < 10_000) text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode!, bytes, text }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}

const json = { "content-type": "application/json" };
const register = async () => (await gate.register({ name: "large", url: agent.url })).id as string;
const many = Buffer.from(`[${"{},".repeat(6_000_000)}{}]`);

test("18 MB of small objects are passed on as they are, and hold nobody up", async () => {
  const id = await register();
  send = (response) => void response.writeHead(200, json).end(many);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const { status, bytes } = await post(`/agents/${id}/task`);
  delay.disable();
  expect({ status, bytes }).toEqual({ status: 200, bytes: many.length });
  // The agent and the caller are in this process, too. Built, these objects take seconds.
  expect(delay.max / 1e6).toBeLessThan(1_000);
});

test.each([
  ["that is cut short", many.subarray(0, -1), "not JSON"],
  ["with something after it", Buffer.concat([many, Buffer.from("x")]), "not JSON"],
  ["nested without end", Buffer.alloc(5_000_000, "["), "nested deeper than 1000 levels"],
  ["nested and closed", Buffer.from("[".repeat(9_000) + "]".repeat(9_000)), "nested deeper than 1000 levels"],
])("a large answer %s is refused, whether it comes whole or as a stream's", async (_, body, words) => {
  const id = await register();
  send = (response) => void response.writeHead(200, json).end(body);
  const { status, text } = await post(`/agents/${id}/task`);
  expect([status, JSON.parse(text).detail]).toEqual([502, expect.stringContaining(words)]);
  expect((await post(`/agents/${id}/task/stream`)).text).toContain(`event: error\ndata: Agent at ${agent.url}`);
  send = (response) =>
    void response.writeHead(200, { "content-type": "text/event-stream" }).end(`event: result\ndata: ${body}\n\n`);
  expect((await post(`/agents/${id}/task/stream`)).text).toContain("event: error\ndata: Agent at ");
});

test("a large answer with faults of encoding in its strings is what its decoding is", async () => {
  const id = await register();
  const faulty = Buffer.concat([Buffer.from('["'), Buffer.alloc(200_000, 0xe2), Buffer.from('"]')]);
  send = (response) => void response.writeHead(200, json).end(faulty);
  const { status, bytes } = await post(`/agents/${id}/task`);
  expect([status, bytes]).toEqual([200, Buffer.byteLength(faulty.toString("utf8"))]);
});

test("answers that never end have a share of the room; others are answered, and afterwards all is as before", async () => {
  const large = Buffer.alloc(19_000_000, "x");
  const responses: ServerResponse[] = [];
  send = (response, path) => {
    if (path.includes("other")) return void response.writeHead(200, json).end(JSON.stringify("x".repeat(1_000_000)));
    responses.push(response.writeHead(200, json));
    response.write('"');
    response.write(large);
    return undefined;
  };
  const { id: orgId } = await gate.createOrg("greedy", { rate_limit: 1e6, rate_burst: 1e6 });
  const unfinished = (await gate.register({ name: "unfinished", url: agent.url, org_id: orgId })).id;
  const other = (await gate.register({ name: "other", url: `${agent.url}/other` })).id;
  const before = process.memoryUsage().rss;
  const statuses: number[] = [];
  const calls = Array.from({ length: 40 }, async () =>
    statuses.push((await post(`/agents/${unfinished}/task`)).status),
  );
  await expect.poll(() => statuses.length, { timeout: 60_000 }).toBeGreaterThan(30);
  expect(new Set(statuses)).toEqual(new Set([503]));
  expect((await post(`/agents/${other}/task`)).status).toBe(200);
  expect(process.memoryUsage().rss - before).toBeLessThan(900_000_000);
  for (const response of responses) response.destroy();
  await Promise.all(calls);
  const again = await Promise.all(Array.from({ length: 3 }, () => post(`/agents/${other}/task`)));
  expect(again.map(({ status }) => status)).toEqual([200, 200, 200]);
});

test("an event of a stream that grows without end, or by endless lines, ends the stream", async () => {
  const id = await register();
  for (const piece of ["data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", "data:\n", ":\n", "x"]) {
    send = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const bytes = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
      const flood = () => {
        while (!response.destroyed && response.write(bytes));
        if (!response.destroyed) response.once("drain", flood);
      };
      flood();
    };
    const { text } = await post(`/agents/${id}/task/stream`);
    expect(text).toContain(`event: error\ndata: Agent at ${agent.url} sent too large an answer`);
  }
});
