import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { mcpCalls } from "./testing/mcp-calls.ts";
import { TaskAgent } from "./testing/task-agent.ts";

/** Calls that outlast their requests: tasks that any node tells of, of whoever began them. */

const V = "dev.agentgate/";
const takes = { extensions: { "io.modelcontextprotocol/tasks": {} } };
const takesBoth = { ...takes, elicitation: { form: {} } };

describe.each(testEngines())("on %s", (engine) => {
  let gate: TestGateway;
  let other: TestGateway;
  let agent: TaskAgent;
  beforeAll(async () => {
    gate = await startTestGateway(engine, { mcpTaskAfterMs: 50 });
    other = await gate.another();
    agent = await new TaskAgent((_, turn) =>
      turn === 0 ? { state: "TASK_STATE_WORKING" } : { state: "TASK_STATE_COMPLETED", makes: [{ text: "answered" }] },
    ).start();
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });
  const here = mcpCalls(() => gate.url);
  const there = mcpCalls(() => other.url);
  let turn = 0;
  /** Round-robin over both nodes. */
  const call: typeof here.call = (...asked) => (turn++ % 2 === 0 ? here : there).call(...asked);

  async function stand() {
    const card_url = `${agent.url}/.well-known/agent-card.json`;
    const registered = await gate.register({ name: "Worker", url: agent.url, price_per_task: 0.05, card_url });
    const { id, key } = await gate.createOrg(`payer-${Math.random()}`);
    await gate.call("POST", `/orgs/${id}/topup`, { amount: 1 });
    const wallet = async () => (await gate.call("GET", `/orgs/${id}/wallet`)).body;
    const path = `/agents/${registered.id}/mcp`;
    const begin = async (capabilities: object = takes) => {
      const asked = { name: "work", arguments: { message: "go" } };
      const { frame } = await call(path, "tools/call", asked, { key, capabilities });
      return frame.result;
    };
    const get = async (taskId: string, capabilities: object = takes, shown = key) =>
      (
        await call(
          path,
          "tasks/get",
          { taskId },
          { key: shown, capabilities, headers: taskId === "\0" ? { "mcp-name": "=?base64?AA==?=" } : {} },
        )
      ).frame;
    return { path, key, wallet, begin, get };
  }

  test("one that goes on becomes a task, and is told of to its end", async () => {
    const { begin, get, wallet } = await stand();
    const created = await begin();
    expect(created).toMatchObject({ resultType: "task", status: "working", ttlMs: 86_400_000 });
    expect(Buffer.from(created.taskId, "base64url")).toHaveLength(16);
    const task = agent.latest;
    for (let n = 0; n < 2; n++) expect((await get(created.taskId)).result.status).toBe("working");
    agent.move(task, { state: "TASK_STATE_WORKING", says: [{ text: "half way" }] });
    expect((await get(created.taskId)).result).toMatchObject({ status: "working", statusMessage: "half way" });
    agent.move(task, { state: "TASK_STATE_COMPLETED", makes: [{ text: "all of it" }] });
    for (let n = 0; n < 2; n++) {
      const { result } = await get(created.taskId);
      expect(result).toMatchObject({ status: "completed", result: { content: [{ type: "text", text: "all of it" }] } });
    }
    await expect.poll(wallet).toMatchObject({ balance: 0.95, held: 0 });
  });

  test("one that fails is a result that says so, and costs nothing", async () => {
    const { begin, get, wallet } = await stand();
    const { taskId } = await begin();
    agent.move(agent.latest, { state: "TASK_STATE_FAILED", says: [{ text: "no such thing" }] });
    const { result } = await get(taskId);
    expect(result).toMatchObject({ status: "completed", result: { isError: true } });
    expect(result.result.content[0].text).toContain("no such thing");
    await expect.poll(wallet).toMatchObject({ balance: 1, held: 0 });
  });

  test("one that asks is answered by tasks/update, and its key is not asked for again", async () => {
    const { begin, get, path, key, wallet } = await stand();
    const { taskId } = await begin(takesBoth);
    agent.move(agent.latest, { state: "TASK_STATE_INPUT_REQUIRED", says: [{ text: "Which?" }] });
    const asked = (await get(taskId, takesBoth)).result;
    expect(asked).toMatchObject({ status: "input_required" });
    expect(Object.keys(asked.inputRequests)).toEqual(["turn-1"]);
    expect(Object.keys((await get(taskId, takesBoth)).result.inputRequests)).toEqual(["turn-1"]);
    const update = (inputResponses: object) =>
      call(path, "tasks/update", { taskId, inputResponses }, { key, capabilities: takesBoth });
    expect((await update({ "turn-9": { action: "accept", content: { answer: "x" } } })).frame.result).toBeDefined();
    expect((await get(taskId, takesBoth)).result.status).toBe("input_required");
    const answer = { "turn-1": { action: "accept", content: { answer: "that one" } } };
    // Of two at once, on two nodes, one is heard and paid for.
    const count = agent.messages.length;
    for (const sent of await Promise.all([update(answer), update(answer)])) {
      expect(sent.frame.result).toMatchObject({ resultType: "complete" });
    }
    await expect.poll(async () => (await get(taskId, takesBoth)).result.status).toBe("completed");
    expect(agent.messages).toHaveLength(count + 1);
    expect(agent.messages.at(-1)).toMatchObject({ taskId: agent.latest.id, parts: [{ text: "that one" }] });
    await expect.poll(wallet).toMatchObject({ balance: 0.9, held: 0 });
  });

  test("one that asks several things at once is answered in one message, when all of them are", async () => {
    const { begin, get, path, key } = await stand();
    const { taskId } = await begin(takesBoth);
    const schema = (name: string, type: string) => ({ type: "object", properties: { [name]: { type } } });
    const elicit = (message: string, requestedSchema: object) => ({
      ...{ method: "elicitation/create", params: { message, requestedSchema } },
    });
    const inputRequests = {
      a: elicit("Which?", schema("which", "string")),
      b: elicit("Sure?", schema("sure", "boolean")),
    };
    agent.move(agent.latest, { state: "TASK_STATE_INPUT_REQUIRED", says: [{ data: { inputRequests } }] });
    const asked = (await get(taskId, takesBoth)).result;
    expect(Object.entries(asked.inputRequests)).toEqual(
      [
        ["turn-1-1", elicit("Worker asks: Which?", schema("which", "string"))],
        ["turn-1-2", elicit("Worker asks: Sure?", schema("sure", "boolean"))],
      ].map(([name, { params }]: any) => [name, { method: "elicitation/create", params: { mode: "form", ...params } }]),
    );
    const update = async (inputResponses: object) =>
      (await call(path, "tasks/update", { taskId, inputResponses }, { key, capabilities: takesBoth })).frame;
    const first = { "turn-1-1": { action: "accept", content: { which: "that one" } } };
    expect((await update(first)).error).toMatchObject({ code: -32602, data: { code: "invalid_input_responses" } });
    expect((await get(taskId, takesBoth)).result.status).toBe("input_required");
    expect((await update({ ...first, "turn-1-2": { action: "decline" } })).result.resultType).toBe("complete");
    await expect.poll(async () => (await get(taskId, takesBoth)).result.status).toBe("completed");
    const inputResponses = { a: first["turn-1-1"], b: { action: "decline" } };
    expect(agent.messages.at(-1)).toMatchObject({ taskId: agent.latest.id, parts: [{ data: { inputResponses } }] });
  });

  test("a client that cannot be asked is told the question as the task's result", async () => {
    const { begin, get } = await stand();
    const { taskId } = await begin();
    agent.move(agent.latest, { state: "TASK_STATE_INPUT_REQUIRED", says: [{ text: "Which?" }] });
    const { result } = await get(taskId);
    expect(result.status).toBe("completed");
    expect(result.result.content.map(({ text }: any) => text).join(" ")).toContain("Which?");
  });

  test("tasks/cancel tells the agent, costs nothing, and is acknowledged twice", async () => {
    const { begin, get, path, key, wallet } = await stand();
    const { taskId } = await begin();
    const { id } = agent.latest;
    for (let n = 0; n < 2; n++) {
      const { frame } = await call(path, "tasks/cancel", { taskId }, { key, capabilities: takes });
      expect(frame.result).toMatchObject({ resultType: "complete" });
    }
    expect(agent.cancelled).toContain(id);
    expect((await get(taskId)).result.status).toBe("cancelled");
    await expect.poll(wallet).toMatchObject({ balance: 1, held: 0 });
  });

  test("somebody else's is none, and so is one at another agent's address", async () => {
    const { begin, get, key } = await stand();
    const { taskId } = await begin();
    const { key: stranger } = await gate.createOrg(`stranger-${Math.random()}`);
    const absent = (await get("AAAAAAAAAAAAAAAAAAAAAA", takes, stranger)).error;
    const theirs = (await get(taskId, takes, stranger)).error;
    expect(theirs).toEqual(absent);
    expect(theirs.code).toBe(-32602);
    // Nor is one by a name that not every database can hold.
    expect((await get("\0", takes, stranger)).error.code).toBe(-32602);
    const elsewhere = await stand();
    expect((await elsewhere.get(taskId, takes, key)).error.code).toBe(-32602);
    agent.move(agent.latest, { state: "TASK_STATE_COMPLETED", makes: [{ text: "x" }] });
  });

  test("a client that takes no tasks waits for the end", async () => {
    const { path, key } = await stand();
    const asked = { name: "work", arguments: { message: "go" } };
    const count = agent.tasks.size;
    const waiting = call(path, "tools/call", asked, { key });
    await expect.poll(() => agent.tasks.size).toBe(count + 1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    agent.move(agent.latest, { state: "TASK_STATE_COMPLETED", makes: [{ text: "late" }] });
    const { frame } = await waiting;
    expect(frame.result.content[0].text).toBe("late");
    expect(frame.result._meta[`${V}receipt`].amount).toBe("0.05");
  });

  test("an agent that forgot the task has failed it", async () => {
    const { begin, get } = await stand();
    const { taskId } = await begin();
    agent.tasks.delete(agent.latest.id);
    expect((await get(taskId)).result).toMatchObject({ status: "failed", error: { code: -32603 } });
  });
});
