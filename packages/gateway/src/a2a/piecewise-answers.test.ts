import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AgentCard, Role, type StreamResponse, TaskState } from "@a2a-js/sdk";
import { ClientFactory, JsonRpcTransportFactory, RestTransportFactory } from "@a2a-js/sdk/client";
import { AgentApp, none, SiteError } from "@agentgate/site";
import { toNodeHandler } from "@agentgate/site/node";
import { SOON_MS } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { startTestGateway, type TestGateway } from "../testing/index.ts";

/** Agents that know nothing of A2A and stream, read by A2A's own clients: pieces as they come, at the price of what was delivered. */

vi.spyOn(console, "log").mockReturnValue();

let gate: TestGateway;
const servers: Server[] = [];
beforeAll(async () => {
  gate = await startTestGateway();
  await gate.gateway.start();
});
afterAll(async () => {
  await gate.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What holds an agent in the middle of its answer, until a test lets it go on; by the word that the test says. */
const gates = new Map<string, PromiseWithResolvers<void>>();
const gateOf = (word: string) => {
  const found = gates.get(word) ?? Promise.withResolvers<void>();
  gates.set(word, found);
  return found;
};
/** Of whom its agent was told that the caller has left. */
const stopped = new Set<string>();

/** A website whose one call says two pieces, waits, and has a result. */
async function startSite(): Promise<string> {
  const server = createServer();
  const url = await listen(server);
  const app = new AgentApp({ title: "Writer", auth: none(), baseUrl: url }).intent("write", {
    description: "Write",
    stream: true,
    input: z.object({ word: z.string(), says: z.string().optional() }),
    async handler({ word, says }, stream) {
      stream.signal.addEventListener("abort", () => stopped.add(word));
      await stream.progress("thinking");
      await stream.chunk("One ");
      await stream.chunk("two");
      await gateOf(word).promise;
      if (says === "failure") throw new Error("broken");
      if (says === "a question") throw new SiteError("confirmation_required", "Sure?");
      return says ?? "One two";
    },
  });
  server.on("request", toNodeHandler(app));
  return url;
}

/** The same of the plain contract. */
const startPlain = () =>
  listen(
    createServer(async (request: IncomingMessage, response: ServerResponse) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      if (request.method !== "POST") return void response.writeHead(404).end();
      const { word, says } = JSON.parse(text).message.parts[0].data.arguments;
      response.on("close", () => {
        if (!response.writableEnded) stopped.add(word);
      });
      const whole = JSON.stringify(says === "too much" ? Array(200_001).fill(0) : { result: says ?? "One two" });
      if (!request.headers.accept?.includes("text/event-stream")) {
        response.writeHead(200, { "content-type": "application/json" }).end(whole);
        return;
      }
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("event: chunk\ndata: One \n\nevent: chunk\ndata: two\n\n");
      await gateOf(word).promise;
      if (says === "failure") response.destroy();
      else response.end(`event: result\ndata: ${whole}\n\n`);
    }),
  );

let words = 0;
const newWord = () => `word-${++words}`;
const message = (args: object) => ({
  messageId: crypto.randomUUID(),
  role: "ROLE_USER",
  contextId: "talk",
  parts: [{ data: { tool: "write", arguments: args } }],
});

/** Reads a stream as an SDK's client does, event by event. */
type Event = NonNullable<StreamResponse["payload"]>;
const textOf = (event: Event | undefined): string | undefined =>
  event?.$case === "artifactUpdate" ? `${event.value.artifact?.parts[0]?.content?.value}` : undefined;
const stateOf = (event: Event | undefined): TaskState | undefined =>
  event?.$case === "statusUpdate" || event?.$case === "task" ? event.value.status?.state : undefined;

describe.each([
  ["a website", startSite, { protocol: "site" }, ["failure", "a question"]],
  ["an agent of the plain contract", startPlain, { name: "writer", protocol: "plain" }, ["failure", "too much"]],
] as const)("%s", (_, start, fields, failures) => {
  let id: string;
  beforeAll(async () => {
    ({ id } = await gate.register({ ...fields, url: await start(), price_per_task: 1 }));
  });

  async function payer() {
    const { id: orgId, key } = await gate.createOrg(`payer-${++words}`);
    await gate.call("POST", `/orgs/${orgId}/topup`, { amount: 10 });
    const wallet = async () => (await gate.call("GET", `/orgs/${orgId}/wallet`)).body;
    const cost = async () => {
      await expect.poll(async () => (await wallet()).held, { timeout: SOON_MS }).toBe(0);
      return 10 - (await wallet()).balance;
    };
    return { key, cost };
  }

  async function clientOf(key: string, binding: "JSONRPC" | "HTTP+JSON" = "JSONRPC") {
    const keyed: typeof fetch = (url, init) => {
      const headers = new Headers(init?.headers);
      headers.set("authorization", `Bearer ${key}`);
      return fetch(url, { ...init, headers });
    };
    const card = await fetch(`${gate.url}/agents/${id}/.well-known/agent-card.json`, {
      headers: { "A2A-Version": "1.0" },
    });
    const factory = new ClientFactory({
      transports: [
        binding === "JSONRPC"
          ? new JsonRpcTransportFactory({ fetchImpl: keyed })
          : new RestTransportFactory({ fetchImpl: keyed }),
      ],
    });
    return factory.createFromAgentCard(AgentCard.fromJSON(await card.json()));
  }

  const asked = (args: object) =>
    ({
      message: {
        ...{ messageId: crypto.randomUUID(), role: Role.ROLE_USER, taskId: "", contextId: "talk" },
        parts: [
          {
            content: { $case: "data", value: { tool: "write", arguments: args } },
            ...{ metadata: undefined, filename: "", mediaType: "" },
          },
        ],
        ...{ metadata: undefined, extensions: [], referenceTaskIds: [] },
      },
      ...{ tenant: "", metadata: undefined, configuration: undefined },
    }) as never;

  /** Reads up to the second piece, which is there while its agent is still at work. */
  async function begun(args: { word: string; says?: string }, key: string, binding?: "JSONRPC" | "HTTP+JSON") {
    const stream = (await clientOf(key, binding)).sendMessageStream(asked(args));
    const events: Event[] = [];
    const next = async () => {
      const { value, done } = await stream.next();
      if (!done && value.payload) events.push(value.payload);
      return !done;
    };
    while (textOf(events.at(-1)) !== "two") if (!(await next())) throw new Error("the stream has ended");
    const rest = async () => {
      while (await next());
      return events;
    };
    return { stream, events, rest };
  }

  test.each(["JSONRPC", "HTTP+JSON"] as const)(
    "is heard piece by piece over %s, and its end says that they are all",
    async (binding) => {
      const { key, cost } = await payer();
      const word = newWord();
      const { events, rest } = await begun({ word }, key, binding);
      expect(events[0]?.$case).toBe("task");
      expect(stateOf(events[0])).toBe(TaskState.TASK_STATE_WORKING);
      gateOf(word).resolve();
      const all = await rest();
      const updates = all.flatMap((event) => (event.$case === "artifactUpdate" ? [event.value] : []));
      expect(
        updates.map((one) => [textOf({ $case: "artifactUpdate", value: one }), one.append, one.lastChunk]),
      ).toEqual([
        ["One ", false, false],
        ["two", true, false],
        ["", true, true],
      ]);
      expect(new Set(updates.map(({ artifact }) => artifact?.artifactId)).size).toBe(1);
      expect(stateOf(all.at(-1))).toBe(TaskState.TASK_STATE_COMPLETED);
      const ids = all.map((event) => (event.$case === "task" ? event.value.id : (event.value as any).taskId));
      expect(new Set(ids).size).toBe(1);
      expect(events[0]!.value).toMatchObject({ contextId: "talk" });
      expect(await cost()).toBe(1);
    },
  );

  test("whose whole answer says something else than its pieces has it in their place", async () => {
    const { key } = await payer();
    const word = newWord();
    const { rest } = await begun({ word, says: "Three" }, key);
    gateOf(word).resolve();
    const all = await rest();
    const last = all.at(-2);
    expect(last?.$case === "artifactUpdate" && [last.value.append, last.value.lastChunk]).toEqual([false, true]);
    expect(textOf(last)).toBe("Three");
  });

  test.each(failures)("that ends in %s has failed for its caller, and costs nothing", async (says) => {
    const { key, cost } = await payer();
    const word = newWord();
    const { rest } = await begun({ word, says }, key);
    gateOf(word).resolve();
    const last = (await rest()).at(-1);
    expect(stateOf(last)).toBe(TaskState.TASK_STATE_FAILED);
    expect(last?.$case === "statusUpdate" && last.value.status?.message?.parts).toHaveLength(1);
    expect(await cost()).toBe(0);
  });

  test("whose caller leaves in the middle hears of it, and is paid for the pieces", async () => {
    const { key, cost } = await payer();
    const word = newWord();
    const controller = new AbortController();
    const response = await fetch(`${gate.url}/agents/${id}/message:stream`, {
      ...{ method: "POST", signal: controller.signal, body: JSON.stringify({ message: message({ word }) }) },
      headers: { "content-type": "application/json", "a2a-version": "1.0", authorization: `Bearer ${key}` },
    });
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream(), { preventCancel: true })) {
      text += chunk;
      if (text.includes('"two"')) break;
    }
    controller.abort();
    await expect.poll(() => stopped.has(word), { timeout: SOON_MS }).toBe(true);
    expect(await cost()).toBe(1);
    gateOf(word).resolve();
  });

  test("is told to a client of 0.3 with the mark of the end", async () => {
    const { key } = await payer();
    const word = newWord();
    gateOf(word).resolve();
    const parts = [{ kind: "data", data: { tool: "write", arguments: { word } } }];
    const params = { message: { kind: "message", messageId: "m", role: "user", parts } };
    const response = await fetch(`${gate.url}/agents/${id}`, {
      ...{ method: "POST", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "message/stream", params }) },
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    });
    const results = [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!).result);
    expect(results[0]).toMatchObject({ kind: "task", status: { state: "working" } });
    expect(results.filter(({ kind: one }) => one === "artifact-update").map(({ append }) => append ?? false)).toEqual([
      false,
      true,
      true,
    ]);
    expect(results.at(-1)).toMatchObject({ kind: "status-update", status: { state: "completed" }, final: true });
  });

  test("answers a repetition under the same Idempotency-Key with all of it, paid once", async () => {
    const { key, cost } = await payer();
    const word = newWord();
    gateOf(word).resolve();
    const body = JSON.stringify({ message: message({ word }) });
    const once = async () => {
      const response = await fetch(`${gate.url}/agents/${id}/message:stream`, {
        ...{ method: "POST", body },
        headers: {
          ...{ "content-type": "application/json", "a2a-version": "1.0", authorization: `Bearer ${key}` },
          "idempotency-key": word,
        },
      });
      return [...(await response.text()).matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!));
    };
    const first = await once();
    expect(await cost()).toBe(1);
    const [again, ...others] = await once();
    expect(others).toEqual([]);
    expect(again.task).toMatchObject({ id: first[0].task.id, status: { state: "TASK_STATE_COMPLETED" } });
    expect(JSON.stringify(again.task.artifacts)).toContain("One two");
    expect(await cost()).toBe(1);
  });

  test("a task that is told in pieces is none afterwards", async () => {
    const { key } = await payer();
    const word = newWord();
    const { events, rest } = await begun({ word }, key);
    const told = events[0]!.value as { id: string };
    const client = await clientOf(key);
    await expect(client.getTask({ tenant: "", id: told.id } as never)).rejects.toThrow(/not found/i);
    gateOf(word).resolve();
    await rest();
  });
});
