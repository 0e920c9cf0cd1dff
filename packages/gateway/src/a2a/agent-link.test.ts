import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { callsTo, textMessage } from "./testing/calls.ts";
import { cardOf, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** How agents that do A2A in ways of their own are asked. */

let gate: TestGateway;
beforeAll(async () => {
  gate = await startTestGateway();
});
afterAll(() => gate.close());

const { get, post, rpc } = callsTo(() => gate.url);

test("an address with a query keeps it behind the path", async () => {
  const task = '{"id":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED"}}';
  const keyed = await startRawAgent(({ method }, response) => {
    response.end(method === "POST" ? `{"task":${task}}` : task);
  });
  const supportedInterfaces = [{ url: `${keyed.url}/api/?k=1`, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" }];
  const { id: keyedId } = await gate.register({ card: cardOf(keyed.url, { supportedInterfaces }) });
  await post(`/agents/${keyedId}/message:send`, textMessage());
  await get(`/agents/${keyedId}/tasks/t?historyLength=2`);
  const asked = keyed.received.map(({ path }) => path).filter((path) => !path.includes("/health"));
  expect(asked).toEqual(["/api/message:send?k=1", "/api/tasks/t?k=1&historyLength=2"]);
  await keyed.close();
});

test.each(["POST", "GET"])("an agent that knows subscriptions by %s alone can be subscribed to", async (verb) => {
  const task = '{"id":"t","contextId":"c","status":{"state":"TASK_STATE_WORKING"}}';
  const one = await startRawAgent(
    ({ path, method }, response) => {
      if (path.endsWith("message:send")) return void response.end(`{"task":${task}}`);
      if (method !== verb) return void response.writeHead(verb === "GET" ? 405 : 404).end('{"detail":"Not Found"}');
      response.setHeader("content-type", "text/event-stream");
      response.end(`data: {"task":${task.replace("WORKING", "COMPLETED")}}\n\n`);
    },
    (url) => cardOf(url, { supportedInterfaces: [{ url, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" }] }),
  );
  const { id: oneId } = await gate.register({ url: one.url });
  await post(`/agents/${oneId}/message:send`, { ...textMessage(), configuration: { returnImmediately: true } });
  expect(await (await post(`/agents/${oneId}/tasks/t:subscribe`, "")).text()).toContain("COMPLETED");
  await one.close();
});

test("an agent of 0.3 reads lengths of histories as it likes; its callers of 1.0 get what they asked for", async () => {
  const said = (text: string) => ({
    kind: "message",
    messageId: text,
    role: "user",
    parts: [{ kind: "text", text }],
  });
  const task = { kind: "task", id: "t", status: { state: "completed" }, history: ["a", "b", "c"].map(said) };
  const legacy = await startRawAgent(
    ({ body }, response) => void response.end(rpcResult(body?.id, JSON.stringify(task))),
    (url) => ({ ...cardOf(url), supportedInterfaces: undefined, protocolVersion: "0.3.0", url }),
  );
  const { id: legacyId } = await gate.register({ url: legacy.url });
  const asked = { ...textMessage(), configuration: { historyLength: 1 } };
  const sent = (await rpc(legacyId, "SendMessage", asked)).result.task;
  expect(sent.history).toEqual([{ messageId: "c", role: "ROLE_USER", parts: [{ text: "c" }] }]);
  const history = async (params: object) => (await rpc(legacyId, "GetTask", { id: "t", ...params })).result.history;
  expect([await history({ historyLength: 0 }), (await history({ historyLength: 2 })).length]).toEqual([[], 2]);
  expect([(await history({})).length, (await history({ historyLength: 9 })).length]).toEqual([3, 3]);
  await legacy.close();
});
