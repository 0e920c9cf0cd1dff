import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  AgentCard,
  type Message,
  Role,
  type StreamResponse,
  type Task,
  TaskState,
  verifyAgentCardSignature,
} from "@a2a-js/sdk";
import {
  type Client,
  ClientFactory,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from "@a2a-js/sdk/client";
import { LegacyJsonRpcTransport, LegacyRestTransport } from "@a2a-js/sdk/compat/v0_3/client";
import { importJWK } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../examples/a2a-agent/serve.ts";
import { startTestGateway, type TestGateway } from "../../packages/gateway/src/testing/index.ts";

/** The official SDK's clients of 1.0 and 0.3 against its agents of 1.0 and 0.3, through the gateway, over both bindings. */

// The SDK tells the console of every notification, and of every signature that does not fit.
vi.spyOn(console, "log").mockReturnValue();

const versions = ["1.0", "0.3"] as const;
const bindings = ["JSONRPC", "HTTP+JSON"] as const;

interface Notification {
  body: any;
  authorization: string | undefined;
  token: string | string[] | undefined;
}

let gate: TestGateway;
let receiver: Server;
const notifications: Notification[] = [];
beforeAll(async () => {
  gate = await startTestGateway();
  await gate.gateway.start();
  receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const { authorization, "x-a2a-notification-token": token } = request.headers;
      notifications.push({ body: JSON.parse(text), authorization, token });
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await gate.close();
  receiver.close();
});

const message = (text: string, ids: { taskId?: string; contextId?: string } = {}): Message => ({
  messageId: crypto.randomUUID(),
  role: Role.ROLE_USER,
  parts: [{ content: { $case: "text", value: text }, metadata: undefined, filename: "", mediaType: "" }],
  taskId: "",
  contextId: "",
  metadata: undefined,
  extensions: [],
  referenceTaskIds: [],
  ...ids,
});
const request = (text: string, ids = {}, configuration?: object) => ({
  message: message(text, ids),
  tenant: "",
  metadata: undefined,
  configuration: configuration && {
    acceptedOutputModes: [],
    taskPushNotificationConfig: undefined,
    returnImmediately: false,
    ...configuration,
  },
});
const isTask = (result: Task | Message): result is Task => "status" in result;
const textsOf = (task: Task) =>
  task.artifacts.flatMap(({ parts }) => parts.map(({ content }) => (content?.$case === "text" ? content.value : "")));

async function connect(clientVersion: string, binding: string, url: string): Promise<Client> {
  if (clientVersion === "0.3") {
    const transport =
      binding === "JSONRPC"
        ? new LegacyJsonRpcTransport({ endpoint: url })
        : new LegacyRestTransport({ endpoint: `${url}/rest` });
    return transport as unknown as Client;
  }
  const response = await fetch(`${url}/.well-known/agent-card.json`, { headers: { "A2A-Version": "1.0" } });
  const card = AgentCard.fromJSON(await response.json());
  const factory = new ClientFactory({
    transports: [binding === "JSONRPC" ? new JsonRpcTransportFactory() : new RestTransportFactory()],
  });
  return factory.createFromAgentCard(card);
}

describe.each(versions)("an agent of %s", (agentVersion) => {
  let agent: ExampleAgent;
  let url: string;
  beforeAll(async () => {
    agent = await serveExampleAgent({ versions: [agentVersion] });
    const { id } = await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` });
    url = `${gate.url}/agents/${id}`;
  });
  afterAll(() => agent.close());

  describe.each(versions.flatMap((version) => bindings.map((binding) => [version, binding] as const)))(
    "a client of %s over %s",
    (version, binding) => {
      let client: Client;
      beforeAll(async () => {
        client = await connect(version, binding, url);
      });
      const send = async (text: string, ids = {}, configuration?: object): Promise<Task> => {
        const result = await client.sendMessage(request(text, ids, configuration) as never);
        if (!isTask(result)) throw new Error(`no task: ${JSON.stringify(result)}`);
        return result;
      };
      const collect = async (events: AsyncGenerator<StreamResponse, void, undefined>) => {
        const found: NonNullable<StreamResponse["payload"]>[] = [];
        for await (const { payload } of events) if (payload) found.push(payload);
        return found;
      };

      test("sends a message and gets the task", async () => {
        const task = await send("Grüße 🌍");
        expect([task.status?.state, textsOf(task)]).toEqual([TaskState.TASK_STATE_COMPLETED, ["Echo: Grüße 🌍"]]);
        const again = await client.getTask({ tenant: "", id: task.id } as never);
        expect([again.id, again.contextId, textsOf(again)]).toEqual([task.id, task.contextId, textsOf(task)]);
      });

      test("gets a message where the agent answers with one", async () => {
        const result = await client.sendMessage(request("hello") as never);
        expect(isTask(result)).toBe(false);
        expect((result as Message).parts[0]?.content).toEqual({ $case: "text", value: "Hello!" });
      });

      test("gets files, links and data, null among them", async () => {
        const contentOf = async (what: string) => (await send(what)).artifacts[0]?.parts[0];
        const file = await contentOf("file");
        // The SDK's 0.3 HTTP+JSON knows no file names.
        expect(file?.filename).toBe(version === "0.3" && binding === "HTTP+JSON" ? "" : "output.txt");
        expect(file?.mediaType).toBe("text/plain");
        expect(Buffer.from(file?.content?.value as Uint8Array).toString()).toContain("example agent");
        expect((await contentOf("link"))?.content).toEqual({ $case: "url", value: "https://example.com/output.txt" });
        expect((await contentOf("data"))?.content?.value).toEqual({ key: "value", count: 42 });
        // The SDK's own codecs drop null data, or what marks it, on their way to this client.
        expect([null, undefined, { value: null }]).toContainEqual((await contentOf("null"))?.content?.value);
      });

      test("answers the agent's question", async () => {
        const asking = await send("ask");
        expect(asking.status?.state).toBe(TaskState.TASK_STATE_INPUT_REQUIRED);
        const answered = await send("Berlin", { taskId: asking.id, contextId: asking.contextId });
        expect([answered.id, textsOf(answered)]).toEqual([asking.id, ["You said: Berlin"]]);
      });

      test("is told how a task failed", async () => {
        expect((await send("fail")).status?.state).toBe(TaskState.TASK_STATE_FAILED);
      });

      test("follows a stream in order", async () => {
        const events = await collect(client.sendMessageStream(request("count 5") as never));
        expect(events[0]?.$case).toBe("task");
        const pieces = events.flatMap((event) =>
          event.$case === "artifactUpdate" ? event.value.artifact?.parts.map(({ content }) => content?.value) : [],
        );
        expect(pieces.join("")).toBe("1 2 3 4 5 ");
        const last = events.at(-1);
        expect(last?.$case === "statusUpdate" && last.value.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
      });

      test("leaves a stream and takes it up again", async () => {
        const stream = client.sendMessageStream(request("wait 700") as never);
        const first = await stream.next();
        const { payload } = first.value as StreamResponse;
        const id = payload?.$case === "task" ? payload.value.id : "";
        await stream.return();
        const events = await collect(client.resubscribeTask({ tenant: "", id } as never));
        expect(events[0]?.$case === "task" && events[0].value.id).toBe(id);
        const last = events.at(-1);
        expect(last?.$case === "statusUpdate" && last.value.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
      });

      test("cancels", async () => {
        const task = await send("wait 60000", {}, { returnImmediately: true });
        const cancelled = await client.cancelTask({ tenant: "", id: task.id, metadata: undefined } as never);
        expect(cancelled.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
        await expect(client.cancelTask({ tenant: "", id: "no-such-task" } as never)).rejects.toThrow(/not found/i);
      });

      test("is notified at its own address with its own credentials", async () => {
        const { port } = receiver.address() as AddressInfo;
        const webhook = `http://127.0.0.1:${port}/hook`;
        const task = await send("wait 600", {}, { returnImmediately: true });
        const config = { tenant: "", taskId: task.id, id: "mine", url: webhook, token: "" };
        const created = await client.createTaskPushNotificationConfig({
          ...config,
          authentication: { scheme: "Bearer", credentials: `secret-of-${task.id}` },
        } as never);
        expect([created.id, created.url, created.taskId]).toEqual(["mine", webhook, task.id]);
        const got = await client.getTaskPushNotificationConfig({ tenant: "", taskId: task.id, id: "mine" } as never);
        expect(got.url).toBe(webhook);
        const listed = await client.listTaskPushNotificationConfig({ tenant: "", taskId: task.id } as never);
        expect(listed.configs.map(({ id }) => id)).toEqual(["mine"]);

        const mine = () => notifications.filter(({ authorization }) => authorization?.includes(task.id));
        const stateIn = ({ body }: Notification) =>
          (body.statusUpdate?.status ?? body.task?.status ?? body.status)?.state as string | undefined;
        const states = () => mine().map(stateIn);
        const finished = version === "1.0" ? "TASK_STATE_COMPLETED" : "completed";
        await expect.poll(states).toContain(finished);
        expect(mine()[0]?.authorization).toBe(`Bearer secret-of-${task.id}`);
        if (version === "0.3") expect(mine()[0]?.body.kind).toMatch(/task|update/);

        const name = { tenant: "", taskId: task.id, id: "mine" };
        await client.deleteTaskPushNotificationConfig(name as never);
        await client.deleteTaskPushNotificationConfig(name as never);
        await expect(client.getTaskPushNotificationConfig(name as never)).rejects.toThrow();
      });

      test("is refused what there is not", async () => {
        await expect(client.getTask({ tenant: "", id: "no-such-task" } as never)).rejects.toThrow(/not found/i);
        await expect(send("hi", { taskId: "no-such-task" })).rejects.toThrow(/not found/i);
      });

      test.runIf(version === "1.0")("lists its tasks by page and state", async () => {
        const { contextId } = await send("text one");
        for (const word of ["two", "three"]) await send(`text ${word}`, { contextId });
        await send("ask", { contextId });
        const list = (more: object) =>
          client.listTasks({ tenant: "", contextId, status: TaskState.TASK_STATE_UNSPECIFIED, ...more } as never);
        const all = await list({});
        expect([all.tasks.length, all.totalSize, all.nextPageToken]).toEqual([4, 4, ""]);
        expect(all.tasks.every(({ artifacts }) => artifacts.length === 0)).toBe(true);
        const first = await list({ pageSize: 3, includeArtifacts: true });
        const second = await list({ pageSize: 3, pageToken: first.nextPageToken });
        expect([...first.tasks, ...second.tasks].map(({ id }) => id)).toEqual(all.tasks.map(({ id }) => id));
        expect(first.tasks.some(({ artifacts }) => artifacts.length > 0)).toBe(true);
        const asking = await list({ status: TaskState.TASK_STATE_INPUT_REQUIRED });
        expect([asking.tasks.length, asking.totalSize]).toEqual([1, 1]);
      });
    },
  );

  test("its card is signed so that the SDK can verify it", async () => {
    const response = await fetch(`${url}/.well-known/agent-card.json`, { headers: { "A2A-Version": "1.0" } });
    const verify = verifyAgentCardSignature(async (kid) => {
      const { keys } = (await (await fetch(`${gate.url}/.well-known/jwks.json`)).json()) as { keys: any[] };
      return (await importJWK(
        keys.find((key) => key.kid === kid),
        "ES256",
      )) as never;
    });
    const card: any = await response.json();
    await verify(card);
    await expect(verify({ ...card, name: "Somebody else" })).rejects.toThrow();
  });

  test("the SDK finds the card by itself", async () => {
    const card = await new DefaultAgentCardResolver().resolve(`${url}/`);
    expect(card.supportedInterfaces.map(({ url }) => url.startsWith(gate.url))).not.toContain(false);
  });
});
