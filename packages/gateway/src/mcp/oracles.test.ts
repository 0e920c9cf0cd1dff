import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startAgent, startTestGateway, type TestAgent, type TestGateway } from "../testing/index.ts";
import { TaskAgent } from "./testing/task-agent.ts";

/** The official clients, of both eras, against the gateway: what they take of it is what their users see. */

let gate: TestGateway;
let echo: TestAgent;
let worker: TaskAgent;
let key: string;
let slug: string;
let workerId: string;
let orgId: string;
beforeAll(async () => {
  gate = await startTestGateway();
  echo = await startAgent();
  worker = await new TaskAgent((message, turn) => {
    const text = message.parts[0]?.text;
    if (text === "go") return { state: "TASK_STATE_WORKING" };
    if (turn === 0) return { state: "TASK_STATE_INPUT_REQUIRED", says: [{ text: "Which day?" }] };
    return { state: "TASK_STATE_COMPLETED", makes: [{ text: `Booked for ${text}` }] };
  }).start();
  ({ id: orgId, key } = await gate.createOrg("payer", { tier: "enterprise" }));
  await gate.call("POST", `/orgs/${orgId}/topup`, { amount: 10 });
  const skills = [
    {
      id: "add",
      name: "Add",
      description: "Adds.",
      input_schema: { type: "object", properties: { a: { type: "number" } }, required: ["a"] },
    },
  ];
  slug = (await gate.register({ name: "Echo", url: echo.url, skills, price_per_task: 0.05 }, key)).slug;
  const card_url = `${worker.url}/.well-known/agent-card.json`;
  workerId = (await gate.register({ name: "Worker", url: worker.url, card_url }, key)).id;
});
afterAll(async () => {
  await gate.close();
  await echo.close();
  await worker.close();
});

const transportOptions = (shown = key) => ({ requestInit: { headers: { authorization: `Bearer ${shown}` } } });
const at = (path: string) => new URL(gate.url + path);

async function modern(path: string, mode: "auto" | "legacy" | { pin: string }, shown?: string) {
  const client = new Client(
    { name: "test", version: "1" },
    { versionNegotiation: { mode }, capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler("elicitation/create", async () => ({ action: "accept", content: { answer: "Monday" } }));
  await client.connect(new StreamableHTTPClientTransport(at(path), transportOptions(shown)) as never);
  return client;
}

async function version1(path: string) {
  const client = new ClientV1({ name: "test", version: "1" });
  await client.connect(new TransportV1(at(path), transportOptions()) as never);
  return client;
}

const clients = [
  ["client 2.4.0, pinned", (path: string) => modern(path, { pin: "2026-07-28" })],
  ["client 2.4.0, auto", (path: string) => modern(path, "auto")],
  ["client 2.4.0, legacy", (path: string) => modern(path, "legacy")],
  ["sdk 1.32.2", version1],
] as const;

describe.each(clients)("%s", (_name, connect) => {
  test("lists and calls the tools of all agents", async () => {
    const client = (await connect("/mcp")) as Client;
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain(`${slug}__add`);
    const result = (await client.callTool({ name: `${slug}__add`, arguments: { a: 1 } })) as any;
    expect(result.content[0].text).toBe("Echo: ");
    expect(result._meta["dev.agentgate/receipt"].amount).toBe("0.05");
    const wrong = (await client.callTool({ name: `${slug}__add`, arguments: {} })) as any;
    expect([wrong.isError, wrong._meta["dev.agentgate/problem"].code]).toEqual([true, "invalid_arguments"]);
    await expect(client.callTool({ name: "nobody__does", arguments: {} })).rejects.toThrow(/no tool/);
    await client.close();
  });

  test("hears of progress, and cancels", async () => {
    const client = (await connect(`/agents/${workerId}/mcp`)) as Client;
    const told: any[] = [];
    const count = worker.tasks.size;
    const onprogress = (progress: unknown) => told.push(progress);
    const call = (options: object) =>
      (client as any).callTool.length > 2 || client instanceof ClientV1
        ? (client as any).callTool({ name: "work", arguments: { message: "go" } }, undefined, options)
        : (client as any).callTool({ name: "work", arguments: { message: "go" } }, options);
    const running = call({ onprogress });
    await expect.poll(() => worker.tasks.size).toBe(count + 1);
    await expect.poll(() => worker.openStreams(worker.latest.id)).toBe(1);
    worker.move(worker.latest, { state: "TASK_STATE_WORKING", says: [{ text: "half way" }] });
    await expect.poll(() => told.length).toBeGreaterThan(0);
    worker.move(worker.latest, { state: "TASK_STATE_COMPLETED", makes: [{ text: "done" }] });
    expect((await running).content[0].text).toBe("done");
    expect(told[0]).toMatchObject({ progress: 1, message: "half way" });
    await client.close();
  });

  test("is asked, or goes on with the task", async () => {
    const client = (await connect(`/agents/${workerId}/mcp`)) as Client;
    const result = (await client.callTool({ name: "work", arguments: { message: "book" } })) as any;
    const task = result._meta?.["dev.agentgate/task"];
    if (result.content[0].text === "Booked for Monday") expect(task.state).toBe("completed");
    else {
      expect(task.state).toBe("input-required");
      const args = { message: "Tuesday", task_id: task.id };
      const done = (await client.callTool({ name: "work", arguments: args })) as any;
      expect(done.content[0].text).toBe("Booked for Tuesday");
    }
    await client.close();
  });
});

test("the modern client is asked by its form, in one call", async () => {
  const client = await modern(`/agents/${workerId}/mcp`, { pin: "2026-07-28" });
  const result = (await client.callTool({ name: "work", arguments: { message: "book" } })) as any;
  expect(result.content[0].text).toBe("Booked for Monday");
  await client.close();
});

test("a client that aborts has the agent stopped", async () => {
  const client = await modern(`/agents/${workerId}/mcp`, { pin: "2026-07-28" });
  const controller = new AbortController();
  const count = worker.tasks.size;
  const running = (client as any).callTool(
    { name: "work", arguments: { message: "go" } },
    { signal: controller.signal },
  );
  running.catch(() => {});
  await expect.poll(() => worker.tasks.size).toBe(count + 1);
  await expect.poll(() => worker.openStreams(worker.latest.id)).toBe(1);
  const { id } = worker.latest;
  controller.abort();
  await expect.poll(() => worker.cancelled).toContain(id);
  await client.close();
});

test("who has no money, and an agent that is down, are results that the client shows its model", async () => {
  const { key: poor } = await gate.createOrg("poor");
  await gate.call("PUT", `/orgs/${(await gate.call("GET", "/orgs/me", undefined, poor)).body.id}/toolset`, [
    { agent: (await gate.call("GET", "/agents/search?q=Echo")).body.agents[0].id },
  ]);
  const client = await modern("/mcp", "auto", poor);
  const result = (await client.callTool({ name: `${slug}__add`, arguments: { a: 1 } })) as any;
  expect(result.isError).toBe(true);
  expect(result._meta["dev.agentgate/problem"].status).toBe(402);
  await client.close();
  const gone = await startAgent();
  const { id } = await gate.register({ name: "Gone", url: gone.url });
  await gone.close();
  const down = await modern(`/agents/${id}/mcp`, "auto");
  const told = (await down.callTool({ name: "ask", arguments: { message: "hi" } })) as any;
  expect([told.isError, told._meta["dev.agentgate/problem"].status]).toEqual([true, 502]);
  await down.close();
});

test("a key that is nobody's is told to every client as such", async () => {
  await expect(modern("/mcp", "auto", "nobodys-key")).rejects.toThrow();
});
