import {
  GetTaskRequest,
  ListTaskPushNotificationConfigsResponse,
  type Part,
  SendMessageRequest,
  Task,
  TaskPushNotificationConfig,
} from "@a2a-js/sdk";
import { LegacyJsonRpcTransport, LegacyRestTransport } from "@a2a-js/sdk/compat/v0_3/client";
import { LegacyJsonRpcTransportHandler } from "@a2a-js/sdk/compat/v0_3/server";
import type { A2ARequestHandler } from "@a2a-js/sdk/server";
import { ServerCallContext } from "@a2a-js/sdk/server";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dialects, type JsonObject, type Operation, operationOfMethod } from "./index.ts";

/**
 * The official SDK keeps its translators to itself, but its 0.3 client and its 0.3 server hold them: what they write and read is
 * compared with what these functions make of the same 1.0 JSON.
 */

const text = fc.string({ minLength: 1, maxLength: 12 });
const metadata = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.oneof(text, fc.integer(), fc.boolean()), {
  minKeys: 1,
  maxKeys: 2,
});
const plainData = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.oneof(text, fc.integer(), fc.constant([])), {
  minKeys: 1,
});
const part: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ text }),
  fc.record({ text, metadata }),
  fc.record({
    raw: fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes).toString("base64")),
    filename: text,
    mediaType: text,
  }),
  fc.record({ url: fc.webUrl(), mediaType: text }),
  fc.record({ data: fc.oneof(plainData, text, fc.integer(), fc.constant([1, "two"])) }),
  fc.record({ data: text, metadata }),
);
const message = (role: string): fc.Arbitrary<JsonObject> =>
  fc.record(
    {
      messageId: text,
      role: fc.constant(role),
      parts: fc.array(part, { minLength: 1, maxLength: 3 }),
      contextId: text,
      taskId: text,
      metadata,
    },
    { requiredKeys: ["messageId", "role", "parts"] },
  );
const state = fc.constantFrom(
  "SUBMITTED",
  "WORKING",
  "COMPLETED",
  "FAILED",
  "CANCELED",
  "INPUT_REQUIRED",
  "REJECTED",
  "AUTH_REQUIRED",
);
const status = fc.record(
  {
    state: state.map((name) => `TASK_STATE_${name}`),
    message: message("ROLE_AGENT"),
    timestamp: fc.constant("2026-01-02T03:04:05.678Z"),
  },
  { requiredKeys: ["state"] },
);
const artifact = fc.record(
  { artifactId: text, parts: fc.array(part, { minLength: 1, maxLength: 2 }), name: text, metadata },
  { requiredKeys: ["artifactId", "parts"] },
);
const task = fc.record(
  {
    id: text,
    contextId: text,
    status,
    artifacts: fc.array(artifact, { minLength: 1, maxLength: 2 }),
    history: fc.array(message("ROLE_USER"), { minLength: 1, maxLength: 2 }),
    metadata,
  },
  { requiredKeys: ["id", "contextId", "status"] },
);
/** As JSON has it: fast-check also makes objects without a prototype. */
const asJson = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  values.map((value) => JSON.parse(JSON.stringify(value)));
const event = fc.oneof(
  task.map((value) => ({ task: value })),
  message("ROLE_AGENT").map((value) => ({ message: value })),
  fc.record({ taskId: text, contextId: text, status }).map((statusUpdate) => ({ statusUpdate })),
  fc
    .record({ taskId: text, contextId: text, artifact, append: fc.constant(true), lastChunk: fc.constant(true) })
    .map((artifactUpdate) => ({ artifactUpdate })),
);
/** Push configs are named by a path, `tasks/{taskId}/pushNotificationConfigs/{id}`: their ids hold no slash. */
const pathSegment = fc.stringMatching(/^[A-Za-z0-9._~ -]{1,12}$/);
const pushConfig = fc.record(
  {
    taskId: pathSegment,
    id: pathSegment,
    url: fc.webUrl(),
    token: text,
    authentication: fc.record({ scheme: text, credentials: text }),
  },
  { requiredKeys: ["taskId", "id", "url"] },
);

/** The SDK's 0.3 JSON-RPC server before a 1.0 handler that answers and records. */
async function sdkServer(method: string, params: unknown, answers: Partial<Record<string, unknown>> = {}) {
  const calls: { name: string; params: unknown }[] = [];
  const handler = new Proxy({} as A2ARequestHandler, {
    get: (_, name: string) => async (given: unknown) => {
      calls.push({ name, params: given });
      return name === "getAgentCard" ? { capabilities: { streaming: true } } : answers[name];
    },
  });
  const request = { jsonrpc: "2.0", id: 1, method, params };
  const response = await new LegacyJsonRpcTransportHandler(handler).handle(
    request as never,
    new ServerCallContext({} as never),
  );
  return { calls: calls.filter(({ name }) => name !== "getAgentCard"), response: response as any };
}

/** What the SDK's 0.3 clients write for a call, and what they make of an answer. */
async function sdkClient(
  binding: "0.3" | "0.3-rest",
  answer: unknown,
  call: (client: LegacyJsonRpcTransport) => Promise<unknown>,
) {
  const sent: any[] = [];
  const fetchImpl = (async (_url: string, init: RequestInit) => {
    const body = init.body ? JSON.parse(init.body as string) : undefined;
    sent.push(binding === "0.3" ? body.params : body);
    const reply = binding === "0.3" ? { jsonrpc: "2.0", id: body.id, result: answer } : answer;
    return new Response(JSON.stringify(reply), { headers: { "content-type": "application/json" } });
  }) as typeof fetch;
  const options = { endpoint: "http://agent.example", fetchImpl };
  const client = binding === "0.3" ? new LegacyJsonRpcTransport(options) : new LegacyRestTransport(options);
  const result = await call(client as LegacyJsonRpcTransport);
  return { sent: sent[0], result };
}

describe("against the official SDK", () => {
  test("its 0.3 server reads what is written for 0.3 agents as the same 1.0 request", async () => {
    await fc.assert(
      fc.asyncProperty(asJson(message("ROLE_USER")), fc.boolean(), async (given, returnImmediately) => {
        const params = { message: given, configuration: { returnImmediately } };
        const written = dialects["0.3"].toParams("SendMessage", params);
        const { calls } = await sdkServer("message/send", written, {
          sendMessage: { messageId: "r", role: 2, parts: [] },
        });
        expect(SendMessageRequest.toJSON(calls[0]!.params as SendMessageRequest)).toEqual(
          SendMessageRequest.toJSON(SendMessageRequest.fromJSON(params)),
        );
      }),
    );
  });

  test("its 0.3 server answers what is written for 0.3 clients", async () => {
    await fc.assert(
      fc.asyncProperty(asJson(task), async (given) => {
        const { response } = await sdkServer("tasks/get", { id: "x" }, { getTask: Task.fromJSON(given) });
        expect(dialects["0.3"].toResult("GetTask", given)).toEqual(response.result);
        expect(dialects["0.3"].fromResult("GetTask", response.result)).toEqual(given);
      }),
    );
  });

  test.each(["0.3", "0.3-rest"] as const)(
    "its clients write %s requests that are read as the same 1.0 request",
    async (name) => {
      await fc.assert(
        fc.asyncProperty(asJson(message("ROLE_USER")), async (given) => {
          const whole = SendMessageRequest.fromJSON({
            message: withoutRestLosses(given, name),
            configuration: { returnImmediately: true },
          });
          const answer =
            name === "0.3"
              ? { kind: "message", messageId: "r", role: "agent", parts: [] }
              : { message: { messageId: "r", role: "ROLE_AGENT" } };
          const { sent } = await sdkClient(name, answer, (client) => client.sendMessage(whole));
          const read = dialects[name].fromParams("SendMessage", sent);
          expect(read.message).toEqual(withoutRestLosses(given, name));
          expect(read.configuration).toMatchObject({ returnImmediately: true });
        }),
      );
    },
  );

  test.each(["0.3", "0.3-rest"] as const)("its clients read %s tasks as the same 1.0 task", async (name) => {
    await fc.assert(
      fc.asyncProperty(asJson(task), async (given) => {
        const same = withoutRestLosses(given, name);
        const answer = dialects[name].toResult("GetTask", same);
        const { result } = await sdkClient(name, answer, (client) =>
          client.getTask(GetTaskRequest.fromJSON({ id: "x" })),
        );
        expect(Task.toJSON(result as Task)).toEqual(Task.toJSON(Task.fromJSON(same)));
      }),
    );
  });

  test("push configs, both ways", async () => {
    await fc.assert(
      fc.asyncProperty(asJson(pushConfig), async (given) => {
        const config = TaskPushNotificationConfig.fromJSON(given);
        const written = dialects["0.3"].toParams("CreateTaskPushNotificationConfig", given);
        const { calls, response } = await sdkServer("tasks/pushNotificationConfig/set", written, {
          createTaskPushNotificationConfig: config,
        });
        expect(TaskPushNotificationConfig.toJSON(calls[0]!.params as TaskPushNotificationConfig)).toEqual(given);
        expect(dialects["0.3"].fromResult("CreateTaskPushNotificationConfig", response.result)).toEqual(given);
        const rest = dialects["0.3-rest"].toResult("CreateTaskPushNotificationConfig", given);
        const { sent, result } = await sdkClient("0.3-rest", rest, (client) =>
          client.createTaskPushNotificationConfig(config),
        );
        expect(TaskPushNotificationConfig.toJSON(result as TaskPushNotificationConfig)).toEqual(given);
        expect(
          dialects["0.3-rest"].fromParams("CreateTaskPushNotificationConfig", { ...sent, taskId: given.taskId }),
        ).toEqual(given);
      }),
      { numRuns: 30 },
    );
    const list = ListTaskPushNotificationConfigsResponse.fromJSON({ configs: [] });
    expect(
      (await sdkServer("tasks/pushNotificationConfig/list", { id: "x" }, { listTaskPushNotificationConfigs: list }))
        .response.result,
    ).toEqual(dialects["0.3"].toResult("ListTaskPushNotificationConfigs", { configs: [], nextPageToken: "" }));
  });
});

/** The SDK's 0.3 HTTP+JSON drops file names, and part metadata with what it marks. */
function withoutRestLosses<T>(value: T, name: "0.3" | "0.3-rest"): T {
  if (name === "0.3") return value;
  return JSON.parse(JSON.stringify(value), (_, member) => {
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    if (!("text" in member || "raw" in member || "url" in member || "data" in member)) return member;
    const { filename: _f, metadata: _m, ...rest } = member as Part & JsonObject;
    return "data" in rest && (typeof rest.data !== "object" || Array.isArray(rest.data)) ? { text: "plain" } : rest;
  });
}

describe("habits of 0.3", () => {
  const sent = (part: JsonObject) =>
    dialects["0.3"].fromParams("SendMessage", { message: { messageId: "m", role: "user", parts: [part] } }).message;

  test("a member written as null is one left out, except for data", () => {
    const file = { bytes: null, uri: "https://files.example/f", name: null };
    expect(sent({ kind: "file", file })).toMatchObject({ parts: [{ url: "https://files.example/f" }] });
    const shown = (part: JsonObject) => dialects["0.3"].toEvent({ message: { parts: [part] } });
    expect(shown({ text: null, url: "u" })).toMatchObject({ parts: [{ kind: "file", file: { uri: "u" } }] });
    expect(shown({ text: null, data: null })).toMatchObject({ parts: [{ kind: "data", data: { value: null } }] });
  });

  test.each(["0.3", "0.3-rest"] as const)(
    "what is missing in a %s agent's answer is not its caller's mistake",
    (name) => {
      const part = { kind: "file", file: { name: "neither bytes nor uri" } };
      const messages = [
        { kind: "message", messageId: "m", role: "agent", parts: [part], content: [part] },
        { kind: "message", messageId: "m", role: "robot", parts: [], content: [] },
        { kind: "message", role: "agent", parts: [], content: [] },
      ];
      const { fromEvent, fromResult } = dialects[name];
      for (const message of messages) {
        const event = name === "0.3" ? message : { message };
        for (const read of [() => fromEvent(event), () => fromResult("SendMessage", event)]) {
          expect(read).toThrow(expect.objectContaining({ code: -32006 }));
        }
      }
    },
  );

  test("a history of 0 is one without end in ProtoJSON, and none at all in 1.0", () => {
    const message = { messageId: "m", role: "ROLE_USER", content: [] };
    const { fromParams } = dialects["0.3-rest"];
    expect(fromParams("GetTask", { id: "t", historyLength: 0 })).toEqual({ id: "t" });
    const configuration = { historyLength: 0, blocking: true };
    expect(fromParams("SendMessage", { message, configuration }).configuration).toEqual({ returnImmediately: false });
    expect(fromParams("GetTask", { id: "t", historyLength: 2 })).toEqual({ id: "t", historyLength: 2 });
  });

  test.each([
    ["no configuration", undefined, undefined],
    ["one without blocking", {}, true],
    ["blocking", { blocking: true }, false],
    ["not blocking", { blocking: false }, true],
  ])("%s: returns at once as the official SDK has it", (_, configuration, returnImmediately) => {
    const message = { messageId: "m", role: "user", parts: [] };
    const read = dialects["0.3"].fromParams("SendMessage", { message, ...(configuration && { configuration }) });
    expect((read.configuration as JsonObject | undefined)?.returnImmediately).toBe(returnImmediately);
  });
});

test("a file in 0.3's ProtoJSON has no member that the proto of 0.3.0 lacks", () => {
  const parts = [
    { raw: "AA==", filename: "a.txt", mediaType: "text/plain" },
    { url: "http://x/", filename: "b" },
  ];
  const message = { messageId: "m", role: "ROLE_AGENT", parts };
  const { toEvent, toParams, fromEvent } = dialects["0.3-rest"];
  const content = [{ file: { mimeType: "text/plain", fileWithBytes: "AA==" } }, { file: { fileWithUri: "http://x/" } }];
  expect(toEvent({ message })).toMatchObject({ message: { content } });
  expect(toParams("SendMessage", { message }).message).toMatchObject({ content });
  // Agents of a later 0.3 have it.
  const named = { content: [{ file: { name: "a.txt", fileWithBytes: "AA==" } }], messageId: "m", role: "ROLE_AGENT" };
  expect(fromEvent({ message: named })).toMatchObject({ message: { parts: [{ raw: "AA==", filename: "a.txt" }] } });
});

test("a part without a kind is of the one that it holds", () => {
  const read = (part: object) =>
    dialects["0.3"].fromParams("SendMessage", { message: { messageId: "m", role: "user", parts: [part] } })
      .message as any;
  expect(read({ text: "hi" }).parts).toEqual([{ text: "hi" }]);
  expect(read({ file: { uri: "u" } }).parts).toEqual([{ url: "u" }]);
  expect(read({ data: { a: 1 } }).parts).toEqual([{ data: { a: 1 } }]);
  for (const part of [{}, { text: "a", data: {} }, { content: "x" }, { kind: "video", text: "a" }]) {
    expect(() => read(part)).toThrow(expect.objectContaining({ code: -32602 }));
  }
});

describe("there and back", () => {
  test.each(["0.3", "0.3-rest"] as const)("every event survives %s, unknown members included", (name) => {
    fc.assert(
      fc.property(asJson(event), fc.dictionary(fc.constantFrom("x-one", "x-two"), fc.jsonValue()), (given, unknown) => {
        const [[kind, value]] = Object.entries(given) as [[string, JsonObject]];
        const extended = { [kind]: { ...value, ...unknown } };
        const { toEvent, fromEvent } = dialects[name];
        // The proto of 0.3.0 has no name for a file.
        const kept = JSON.stringify(extended, (key, member) =>
          name === "0.3-rest" && key === "filename" ? undefined : member,
        );
        expect(JSON.parse(JSON.stringify(fromEvent(toEvent(extended))))).toEqual(JSON.parse(kept));
      }),
    );
  });

  test("no input makes a translator throw anything but a protocol error", () => {
    const methods = [
      "message/send",
      "tasks/get",
      "tasks/pushNotificationConfig/set",
      "tasks/pushNotificationConfig/list",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...methods),
        fc.object({ key: fc.constantFrom("message", "parts", "configuration", "kind", "id") }),
        (method, params) => {
          const operation = operationOfMethod(method, "0.3") as Operation;
          for (const { fromParams, toParams, fromResult, toResult } of Object.values(dialects)) {
            for (const translate of [fromParams, toParams, fromResult, toResult] as ((
              o: Operation,
              p: any,
            ) => unknown)[]) {
              try {
                translate(operation, params);
              } catch (error) {
                expect((error as Error).name).toBe("A2AError");
              }
            }
          }
        },
      ),
    );
  });
});
