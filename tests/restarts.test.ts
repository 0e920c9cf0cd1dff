import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { temporaryDirectory } from "@agentgate/testing";
import pg from "pg";
import { afterEach, describe, expect, inject, test } from "vitest";
import { type ServedGateway, serveGateway } from "../packages/cli/src/testing/served-gateway.ts";
import { createDatabase } from "../packages/gateway/src/storage/testing/index.ts";
import {
  type Answer,
  echo,
  startAgent,
  startTestGateway,
  type TestAgent,
  textTask,
} from "../packages/gateway/src/testing/index.ts";
import { FleetClient } from "./testing/fleet-client.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(options: Parameters<typeof serveGateway>[0] = {}): Promise<ServedGateway> {
  const gateway = await serveGateway(options);
  cleanups.push(() => gateway.stop("SIGKILL"));
  return gateway;
}

async function agentThat(answer: Answer): Promise<TestAgent> {
  const agent = await startAgent(answer);
  cleanups.push(() => agent.close());
  return agent;
}

async function call(gateway: ServedGateway, method: string, path: string, body?: unknown, key = gateway.adminKey) {
  const response = await fetch(gateway.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json().catch(() => undefined)) as any };
}

const register = async (gateway: ServedGateway, fields: object, key?: string): Promise<string> =>
  (await call(gateway, "POST", "/agents/", fields, key)).body.id;

/** An agent that answers only when it is told to. */
async function heldAgent() {
  let arrived = () => {};
  let answerNow = () => {};
  const hasTask = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const mayAnswer = new Promise<void>((resolve) => {
    answerNow = resolve;
  });
  const agent = await agentThat((task, response, request) => {
    arrived();
    void mayAnswer.then(() => echo(task, response, request));
  });
  return { ...agent, hasTask, answerNow };
}

const stopsListening = (gateway: ServedGateway) =>
  expect
    .poll(() =>
      fetch(`${gateway.url}/health`).then(
        () => "open",
        () => "closed",
      ),
    )
    .toBe("closed");

/** The log as the next start finds it. */
async function logsAfter(data: string, agentId: string) {
  const next = await serve({ data });
  const logs = (await call(next, "GET", `/agents/${agentId}/logs`)).body;
  return logs.map(({ task_id, status, error_detail }: any) => [task_id, status, error_detail]);
}

describe("rolling restarts (P14)", () => {
  test("200 tasks a second through 10 restarts of two nodes: none fails, each has one log row", {
    timeout: 600_000,
  }, async ({ skip }) => {
    if (!inject("postgresUrl")) return skip("PostgreSQL is not installed");
    const database = await createDatabase("postgres");
    cleanups.push(() => database.remove());
    const databaseUrl = database.location.databaseUrl!;
    const env = { DATABASE_URL: databaseUrl, AGENTGATE_RATE_LIMIT: "1000000", AGENTGATE_RATE_BURST: "1000000" };
    const agent = await agentThat(
      (task, response, request) => void sleep(20).then(() => echo(task, response, request)),
    );
    const nodes = await Promise.all([serve({ env }), serve({ env })]);
    const agentId = await register(nodes[0]!, { name: "echo", url: agent.url });

    const fleet = new FleetClient();
    cleanups.push(() => fleet.stop());
    for (const node of nodes) fleet.add(node.url);
    const load = fleet.load(200, (taskId) => ({ path: `/agents/${agentId}/task`, body: textTask("hi", taskId) }));
    for (let restart = 0; restart < 10; restart++) {
      const old = nodes.shift()!;
      const [exitCode, replacement] = await Promise.all([old.stop("SIGTERM"), serve({ env })]);
      expect(exitCode).toBe(0);
      fleet.remove(old.url);
      fleet.add(replacement.url);
      nodes.push(replacement);
    }
    await expect.poll(() => load.answered()).toBeGreaterThan(500);
    const { answered, failed } = await load.stop();
    expect(failed).toEqual([]);
    for (const node of nodes) expect(await node.stop("SIGTERM")).toBe(0);

    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query(
      "select task_id, count(*)::int as rows, min(status) as status from call_log group by task_id",
    );
    await client.end();
    const expected = answered.map((task_id) => ({ task_id, rows: 1, status: "success" }));
    const byTask = (a: { task_id: string }, b: { task_id: string }) => a.task_id.localeCompare(b.task_id);
    expect(rows.sort(byTask)).toEqual(expected.sort(byTask));
  });
});

describe("a node that is told to stop", () => {
  test("answers the tasks in flight on every entrance first, and logs them", async () => {
    const directory = temporaryDirectory("stop");
    cleanups.push(() => directory.remove());
    const gateway = await serve({ data: directory.path });
    const agent = await heldAgent();
    const agentId = await register(gateway, { name: "held", url: agent.url });
    const post = (path: string, id: string) =>
      fetch(`${gateway.url}/agents/${agentId}${path}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(textTask("still here", id)),
      });
    const unary = post("/task", "unary");
    const stream = post("/task/stream", "stream").then((response) => response.text());
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/agents/${agentId}/task/ws`);
    await once(socket, "open");
    const closed = once(socket, "close");
    const messages: any[] = [];
    socket.addEventListener("message", ({ data }) => void messages.push(JSON.parse(data)));
    socket.send(JSON.stringify({ type: "task", task: textTask("still here", "socket") }));
    await expect.poll(() => agent.received.length).toBe(3);

    const stopped = gateway.stop("SIGTERM");
    await stopsListening(gateway);
    agent.answerNow();
    const response = await unary;
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("Echo: still here")]);
    expect(await stream).toContain("event: result\ndata: ");
    await closed;
    expect(messages.at(-1)).toMatchObject({ type: "result", data: { id: "socket" } });
    expect(await stopped).toBe(0);
    const logs = await logsAfter(directory.path, agentId);
    expect(logs.sort()).toEqual([
      ["socket", "success", null],
      ["stream", "success", null],
      ["unary", "success", null],
    ]);
  });

  test("is not ready from then on, and asks its callers to reconnect elsewhere", async () => {
    const { call, gateway, url, register, close } = await startTestGateway();
    cleanups.push(close);
    const agent = await heldAgent();
    const { id } = await register({ name: "held", url: agent.url });
    expect((await call("GET", "/health/ready")).status).toBe(200);
    const task = call("POST", `/agents/${id}/task`, textTask("x"));
    await agent.hasTask;
    gateway.beginStop();
    expect((await call("GET", "/health/ready")).status).toBe(503);
    expect((await fetch(`${url}/health`)).headers.get("connection")).toBe("close");
    agent.answerNow();
    expect((await task).status).toBe(200);
  });

  test("cuts off what is not done when its time is up: logged, and nothing is charged", async () => {
    const directory = temporaryDirectory("stop");
    cleanups.push(() => directory.remove());
    const gateway = await serve({ data: directory.path, env: { AGENTGATE_DRAIN_SECONDS: "1" } });
    const agent = await heldAgent();
    const org = (await call(gateway, "POST", "/orgs/", { name: "payer" })).body;
    await call(gateway, "POST", `/orgs/${org.id}/topup`, { amount: 10 });
    const agentId = await register(gateway, { name: "held", url: agent.url, price_per_task: 1 });
    const cut = call(gateway, "POST", `/agents/${agentId}/task`, textTask("x", "cut"), org.api_key);
    await agent.hasTask;
    const stopped = gateway.stop("SIGTERM");
    await expect(cut).rejects.toThrow();
    expect(await stopped).toBe(0);

    const next = await serve({ data: directory.path });
    const logs = (await call(next, "GET", `/agents/${agentId}/logs`)).body;
    expect(logs).toMatchObject([{ task_id: "cut", status: "error", error_detail: "cancelled" }]);
    expect((await call(next, "GET", `/orgs/${org.id}/wallet`)).body).toMatchObject({ balance: 10, held: 0 });
  });

  test("stops at once when told again", async () => {
    const gateway = await serve({ json: false });
    const agent = await heldAgent();
    const agentId = await register(gateway, { name: "held", url: agent.url });
    const cut = call(gateway, "POST", `/agents/${agentId}/task`, textTask("x"));
    await agent.hasTask;
    const stopped = gateway.stop("SIGTERM");
    await expect.poll(() => gateway.printed().stderr).toContain("stopping");
    // What comes within half a second is the same one told twice.
    const telling = setInterval(() => gateway.child.kill("SIGTERM"), 200);
    await expect(cut).rejects.toThrow();
    expect(await stopped.finally(() => clearInterval(telling))).toBe(1);
  });

  test("does not wait for callers who never send anything", async () => {
    const gateway = await serve();
    const { hostname, port } = new URL(gateway.url);
    const { connect } = await import("node:net");
    const silent = connect(Number(port), hostname);
    const halfway = connect(Number(port), hostname, () => halfway.write("GET /health HTTP/1.1\r\nHost:"));
    cleanups.push(
      () => silent.destroy(),
      () => halfway.destroy(),
    );
    await Promise.all([once(silent, "connect"), once(halfway, "connect")]);
    halfway.on("error", () => {});
    silent.on("error", () => {});
    expect(await gateway.stop("SIGTERM")).toBe(0);
  });
});

test("an agent killed in the middle of a task: 502, one log row, and the next task reaches the restarted agent", async () => {
  const program = `
    const { createServer } = require("node:http");
    const server = createServer((request, response) => {
      request.resume();
      if (process.argv[1] === "answer") return response.end('{"ok":true}');
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"half":');
      if (request.method === "POST") console.log("task");
    });
    server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => console.log(server.address().port));`;
  const startProcess = async (...args: string[]) => {
    const child = spawn(process.execPath, ["-e", program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    cleanups.push(() => child.kill("SIGKILL"));
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    return { child, line: async () => (await lines.next()).value as string };
  };
  const gateway = await serve();
  const victim = await startProcess("hang");
  const port = await victim.line();
  const agentId = await register(gateway, { name: "mortal", url: `http://127.0.0.1:${port}` });
  const task = call(gateway, "POST", `/agents/${agentId}/task`, textTask("x", "killed"));
  await victim.line();
  victim.child.kill("SIGKILL");
  expect((await task).status).toBe(502);

  const replacement = await startProcess("answer", port);
  await replacement.line();
  expect((await call(gateway, "POST", `/agents/${agentId}/task`, textTask("x", "next"))).status).toBe(200);
  const logs = (await call(gateway, "GET", `/agents/${agentId}/logs`)).body;
  expect(logs.map(({ task_id, error_detail }: any) => [task_id, error_detail])).toEqual([
    ["next", null],
    ["killed", "protocol_error"],
  ]);
});
