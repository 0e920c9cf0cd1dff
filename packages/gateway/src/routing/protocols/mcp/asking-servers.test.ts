import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type SdkServer, startSdkServer, textOf } from "../../../mcp-servers/testing/sdk-server.ts";
import { startTestGateway, type TestGateway } from "../../../testing/index.ts";

/** A server of before 2026-07-28, on the official SDK, whose tools ask in the middle of their calls and wait for the answer. */

let gate: TestGateway;
let other: TestGateway;
let server: SdkServer;
let ann: { id: string; key: string };
let id: string;
/** What came of each call at the server, in its own words. */
const ended: string[] = [];

const city = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
beforeAll(async () => {
  gate = await startTestGateway();
  other = await gate.another();
  server = await startSdkServer(
    [
      {
        name: "weather",
        description: "Asks which city",
        inputSchema: { type: "object", properties: { cities: { type: "number" }, isBeside: { type: "boolean" } } },
        async run({ cities = 1, isBeside = true }, { mcpReq }) {
          const named: string[] = [];
          for (let asked = 0; asked < cities; asked++) {
            const question = {
              mode: "form",
              message: `Which city${asked === 0 ? "" : " next"}?`,
              requestedSchema: city,
            };
            // Beside the call that asks, or over the stream of the session, as the SDK has it where nothing is said.
            const beside = isBeside ? { relatedRequestId: mcpReq.id } : {};
            const { action, content } = await mcpReq.elicitInput(question, beside);
            named.push(action === "accept" ? content.name : action);
          }
          ended.push(named.join());
          return textOf(`Sunny in ${named.join(" and ")}`);
        },
      },
    ],
    "sessions",
  );
  ann = await gate.createOrg("ann");
  await gate.call("POST", `/orgs/${ann.id}/topup`, { amount: 10 });
  id = (await gate.register({ protocol: "mcp", url: server.url, tools: { prices: { weather: "0.05" } } })).id;
});
afterAll(async () => {
  await gate.close();
  await server.close();
});
beforeEach(() => {
  ended.length = 0;
});

const call = (args: object = {}) => ({
  message: { parts: [{ type: "data", data: { tool: "weather", arguments: args } }] },
});
const answerTo = (taskId: string, part: object) => ({ message: { taskId, parts: [part] } });
const accepted = (name: string) => ({
  type: "data",
  data: { inputResponses: { question: { action: "accept", content: { name } } } },
});
const send = (task: object, at = gate, key = ann.key) => at.call("POST", `/agents/${id}/task`, task, key);
const balance = async () =>
  (await gate.call("GET", `/orgs/${ann.id}/wallet`, undefined, ann.key)).body.balance as number;

test("what it asks makes the task wait, and the answer goes to the call that waits for it", async () => {
  const asked = (await send(call())).body.result;
  expect(asked.status.state).toBe("input-required");
  expect(asked.status.message.parts[0]).toEqual({ type: "text", text: "Which city?" });
  expect(asked.status.message.parts[1].data.inputRequests.question.params.requestedSchema).toEqual(city);
  const told = (await send(answerTo(asked.taskId, { type: "text", text: "Lahore" }))).body.result;
  expect(told.status.state).toBe("completed");
  expect(told.artifacts[0].parts[0].text).toBe("Sunny in Lahore");
  expect(ended).toEqual(["Lahore"]);
  // It was called once.
  expect(server.requests.filter(({ body }) => body.includes('"tools/call"'))).toHaveLength(1);
});

test("what it asks over the stream of its session is asked all the same, for any node", async () => {
  for (const at of [gate, other]) {
    const asked = (await send(call({ isBeside: false }))).body.result;
    expect(asked.status.state).toBe("input-required");
    const told = (await send(answerTo(asked.taskId, accepted("Sibi")), at)).body.result;
    expect(told.artifacts[0].parts[0].text).toBe("Sunny in Sibi");
  }
});

test("it may ask again, and each turn is paid", async () => {
  const before = await balance();
  const first = (await send(call({ cities: 2 }))).body.result;
  const second = (await send(answerTo(first.taskId, accepted("Lahore")))).body.result;
  expect(second.status).toMatchObject({
    state: "input-required",
    message: { parts: [{ text: "Which city next?" }, {}] },
  });
  const told = (await send(answerTo(first.taskId, accepted("Multan")))).body.result;
  expect(told.artifacts[0].parts[0].text).toBe("Sunny in Lahore and Multan");
  expect(before - (await balance())).toBeCloseTo(0.15, 6);
});

test("any node takes the answer, whichever has the call", async () => {
  const asked = (await send(call())).body.result;
  const told = (await send(answerTo(asked.taskId, accepted("Quetta")), other)).body.result;
  expect(told.status.state).toBe("completed");
  expect(told.artifacts[0].parts[0].text).toBe("Sunny in Quetta");
  expect(ended).toEqual(["Quetta"]);
});

test("declining reaches the server, and somebody else's answer does not", async () => {
  const asked = (await send(call())).body.result;
  const bob = await gate.createOrg("bob");
  await gate.call("POST", `/orgs/${bob.id}/topup`, { amount: 1 });
  expect((await send(answerTo(asked.taskId, accepted("Kasur")), gate, bob.key)).status).toBeGreaterThanOrEqual(400);
  const decline = { type: "data", data: { inputResponses: { question: { action: "decline" } } } };
  expect((await send(answerTo(asked.taskId, decline))).body.result.artifacts[0].parts[0].text).toBe("Sunny in decline");
  expect(ended).toEqual(["decline"]);
});

test("a task that its caller cancels ends the call at the server", async () => {
  const rpc = async (method: string, params: object) =>
    (await gate.call("POST", `/agents/${id}`, { jsonrpc: "2.0", id: 1, method, params }, ann.key)).body;
  const parts = [{ data: { tool: "weather", arguments: {} } }];
  const { task } = (await rpc("SendMessage", { message: { messageId: "m", role: "ROLE_USER", parts } })).result;
  expect(task.status.state).toBe("TASK_STATE_INPUT_REQUIRED");
  expect((await rpc("CancelTask", { id: task.id })).result.status.state).toBe("TASK_STATE_CANCELED");
  await expect
    .poll(() => server.requests.some(({ body }) => body.includes("notifications/cancelled")), { timeout: 60_000 })
    .toBe(true);
});
