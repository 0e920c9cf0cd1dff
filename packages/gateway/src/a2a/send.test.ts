import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { callsTo, textMessage } from "./testing/calls.ts";
import { cardOf, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** What a send comes to that its agent answers in a way of its own. */

let gate: TestGateway;
beforeAll(async () => {
  gate = await startTestGateway();
});
afterAll(() => gate.close());

const { rpc } = callsTo(() => gate.url);

/** An agent whose sends are answered with this JSON, and whose task is then in these states, one after another. */
async function answering(result: string, states: string[], card: (url: string) => object = cardOf) {
  const agent = await startRawAgent(({ body }, response) => {
    if (!/get$|GetTask/.test(body.method)) return void response.end(rpcResult(body.id, result));
    const state = states.length > 1 ? states.shift() : states[0];
    if (state === undefined) {
      const error = { code: -32001, message: "no such task" };
      return void response.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, error }));
    }
    response.end(rpcResult(body.id, `{"kind":"task","id":"t","contextId":"c","status":{"state":"${state}"}}`));
  }, card);
  const { id } = await gate.register({ url: agent.url });
  return { id, methods: () => agent.received.map(({ body }) => body.method), close: agent.close };
}
const of03 = (url: string) => ({ ...cardOf(url), supportedInterfaces: undefined, protocolVersion: "0.3.0", url });
const WORKING_03 = '{"kind":"task","id":"t","contextId":"c","status":{"state":"working"}}';

test.each(["{}", '{"task":{}}', '{"task":{"id":""}}', '{"message":"hi"}', '{"task":null,"message":null}'])(
  "%s is neither a task nor a message",
  async (result) => {
    const agent = await answering(result, []);
    expect((await rpc(agent.id, "SendMessage", textMessage())).error.code).toBe(-32006);
    await agent.close();
  },
);

test("an agent of 0.3 that does not wait is asked until its turn is over", async () => {
  const agent = await answering(WORKING_03, ["working", "completed"], of03);
  const sent = await rpc(agent.id, "SendMessage", { ...textMessage(), configuration: { acceptedOutputModes: [] } });
  expect(sent.result.task.status.state).toBe("TASK_STATE_COMPLETED");
  expect(agent.methods()).toEqual(["message/send", "tasks/get", "tasks/get"]);
  await agent.close();
});

test("an agent of 0.3 is not asked again for who does not wait", async () => {
  const agent = await answering(WORKING_03, ["completed"], of03);
  const sent = await rpc(agent.id, "SendMessage", { ...textMessage(), configuration: { returnImmediately: true } });
  expect(sent.result.task.status.state).toBe("TASK_STATE_WORKING");
  expect(agent.methods()).toEqual(["message/send"]);
  await agent.close();
});

test("an agent of 0.3 that does not know its task a moment later has answered all the same", async () => {
  const agent = await answering(WORKING_03, [], of03);
  expect((await rpc(agent.id, "SendMessage", textMessage())).result.task.status.state).toBe("TASK_STATE_WORKING");
  await agent.close();
});

test("an agent of 0.3 that answers with a message has nothing to be asked for", async () => {
  const agent = await answering('{"kind":"message","messageId":"r","role":"agent","parts":[]}', ["completed"], of03);
  expect((await rpc(agent.id, "SendMessage", textMessage())).result.message.messageId).toBe("r");
  expect(agent.methods()).toEqual(["message/send"]);
  await agent.close();
});
