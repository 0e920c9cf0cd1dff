import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { textMessage } from "./testing/calls.ts";
import { rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** What of A2A costs its price, and what costs nothing. */

let gate: TestGateway;
let example: ExampleAgent;
beforeAll(async () => {
  gate = await startTestGateway();
  example = await serveExampleAgent();
});
afterAll(async () => {
  await gate.close();
  await example.close();
});

test("an answer is paid for once; an error, a failure and a refusal cost nothing", async () => {
  const payer = await gate.createOrg("payer of messages", { rate_limit: 1e6, rate_burst: 1e6 });
  await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10 });
  const wallet = async () => {
    const { balance, held } = (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
    return [balance, held];
  };
  const paid = (await gate.register({ url: example.url, price_per_task: 1 })).id;
  const send = (text: string, path = "message:send", ids = {}) => {
    const body = { message: { ...textMessage(text).message, ...ids } };
    return gate.call("POST", `/agents/${paid}/${path}`, body, payer.key);
  };
  expect((await send("hi")).body.task.status.state).toBe("TASK_STATE_COMPLETED");
  expect(await wallet()).toEqual([9, 0]);
  expect((await send("hello")).body.message.parts[0].text).toBe("Hello!");
  const asking = (await send("ask")).body.task;
  expect(await wallet()).toEqual([7, 0]);
  expect((await send("fail")).body.task.status.state).toBe("TASK_STATE_FAILED");
  expect((await send("reject")).body.task.status.state).toBe("TASK_STATE_REJECTED");
  expect((await send("hi", "message:send", { taskId: "no-such-task" })).status).toBe(404);
  expect(await wallet()).toEqual([7, 0]);
  expect((await send("count 3", "message:stream")).body).toContain("TASK_STATE_COMPLETED");
  await expect.poll(wallet).toEqual([6, 0]);
  expect((await send("fail", "message:stream")).body).toContain("TASK_STATE_FAILED");
  await expect.poll(wallet).toEqual([6, 0]);
  expect((await gate.call("GET", `/agents/${paid}/tasks/${asking.id}`, undefined, payer.key)).status).toBe(200);
  expect(await wallet()).toEqual([6, 0]);
});

test.each([
  ["CANCELED", "something", true],
  ["CANCELED", "nothing", false],
  ["FAILED", "something", false],
])("a task that ends as %s with %s delivered: paid is %s", async (state, delivered, isPaid) => {
  const payer = await gate.createOrg(`payer of ${delivered} ${state}`);
  await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10 });
  const artifacts = delivered === "something" ? [{ artifactId: "a", parts: [{ text: "some" }] }] : [];
  const task = (now: string) => ({ id: payer.id, contextId: "c", status: { state: `TASK_STATE_${now}` }, artifacts });
  const agent = await startRawAgent(({ body: { method, params, id } }, response) => {
    const goesOn = params.configuration?.returnImmediately === true;
    const result = method === "GetTask" ? task(state) : { task: task(goesOn ? "WORKING" : state) };
    response.end(rpcResult(id, JSON.stringify(result)));
  });
  const { id } = await gate.register({ url: agent.url, price_per_task: 1 });
  const wallet = async () => (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
  const logged = async () => (await gate.call("GET", `/agents/${id}/logs?limit=1`)).body[0];
  // At once, and after it has gone on for a while.
  for (const [times, configuration] of [{}, { returnImmediately: true }].entries()) {
    await gate.call("POST", `/agents/${id}/message:send`, { ...textMessage(), configuration }, payer.key);
    await expect.poll(wallet).toMatchObject({ balance: isPaid ? 9 - times : 10, held: 0 });
    const told = isPaid ? { status: "success" } : { status: "error", error_detail: `task_${state.toLowerCase()}` };
    await expect.poll(logged).toMatchObject({ ...told, task_id: payer.id });
  }
  await agent.close();
});
