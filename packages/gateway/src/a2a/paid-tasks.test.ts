import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HoldState } from "../ledger/index.ts";
import { ManualClock } from "../runtime/index.ts";
import { createTestStorage, type TestStorage, testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { hasPiece, PaidTasks, stateAlone } from "./paid-tasks.ts";
import { TaskIndex } from "./task-index.ts";
import { TaskStore } from "./task-store.ts";
import { type RawAgent, rpcResult, startRawAgent } from "./testing/raw-agent.ts";

/** What may be told of a task, by what has become of the money for it. */

describe.each(testEngines())("tasks that are paid for, on %s", (engine) => {
  let database: TestStorage;
  let index: TaskIndex;
  let paid: PaidTasks;
  const holds = new Map<string, HoldState>();
  const forgotten: string[] = [];
  beforeAll(async () => {
    database = await createTestStorage(engine);
    index = new TaskIndex(new TaskStore(database.storage), new ManualClock());
    paid = new PaidTasks({
      storage: database.storage,
      holdState: async (id) => holds.get(id),
      forgetConfigs: async (_, taskId) => void forgotten.push(taskId),
    });
  });
  afterAll(() => database.remove());

  const agentId = "agent";
  let tasks = 0;
  const begin = async (hold: string | undefined, state = "TASK_STATE_WORKING" as const) => {
    const taskId = `task-${++tasks}`;
    await record(taskId, state, hold);
    if (hold !== undefined) holds.set(hold, "pending");
    return taskId;
  };
  const record = (taskId: string, state: "TASK_STATE_WORKING" | "TASK_STATE_COMPLETED", hold?: string) =>
    index.record({
      agentId,
      taskId,
      owner: "org",
      contextId: "",
      state,
      statusAt: BigInt(++tasks),
      ...(hold && { hold }),
    });

  test("a free task is told", async () => {
    expect(await paid.mayTell(agentId, await begin(undefined))).toBe(true);
    expect(await paid.mayTell(agentId, "nobody knows it")).toBe(true);
  });

  test.each<[HoldState, boolean]>([
    ["pending", true],
    ["settled", true],
    ["released", false],
    ["expired", false],
  ])("of one whose hold is %s a piece is told: %s", async (state, isTold) => {
    const hold = `hold ${state}`;
    const taskId = await begin(hold);
    holds.set(hold, state);
    expect(await paid.mayTell(agentId, taskId)).toBe(isTold);
  });

  test("a call that has told something is not let off, one that has not tells nothing more", async () => {
    const told = await begin("told");
    expect(await paid.mayTell(agentId, told)).toBe(true);
    expect(await paid.close(agentId, told, "told")).toBe(false);
    const untold = await begin("untold");
    expect(await paid.close(agentId, untold, "untold")).toBe(true);
    expect(forgotten).toEqual([untold]);
    expect(await paid.mayTell(agentId, untold)).toBe(false);
    const completed = await begin("completed");
    await record(completed, "TASK_STATE_COMPLETED");
    expect(await paid.close(agentId, completed, "completed")).toBe(false);
  });

  test("of a poll and an end at one moment, one comes first", async () => {
    for (let round = 0; round < 40; round++) {
      const hold = `race ${round}`;
      const taskId = await begin(hold);
      const [isTold, isClosed] = await Promise.all([paid.mayTell(agentId, taskId), paid.close(agentId, taskId, hold)]);
      expect(isTold).toBe(!isClosed);
    }
  });

  test("what is recorded meanwhile leaves the hold, and what was told, as they are", async () => {
    const taskId = await begin("kept");
    await paid.mayTell(agentId, taskId);
    await Promise.all([record(taskId, "TASK_STATE_WORKING", "kept"), record(taskId, "TASK_STATE_WORKING")]);
    expect(await paid.close(agentId, taskId, "kept")).toBe(false);
    holds.set("kept", "released");
    expect(await paid.mayTell(agentId, taskId)).toBe(false);
  });

  test("a call that goes on with a task is told as its own, and gives it back when it comes to nothing", async () => {
    const taskId = await begin("first");
    holds.set("first", "settled");
    holds.set("second", "pending");
    expect(await paid.takeOver(agentId, taskId, "second")).toBe("first");
    await paid.giveBack(agentId, taskId, "second", "first");
    holds.set("second", "released");
    expect(await paid.mayTell(agentId, taskId)).toBe(true);
    holds.set("third", "pending");
    await paid.takeOver(agentId, taskId, "third");
    expect(await paid.close(agentId, taskId, "third")).toBe(true);
    expect(await paid.mayTell(agentId, taskId)).toBe(false);
  });
});

test("a state is no piece, nor is what the caller said, nor why a task failed; all else is", () => {
  const said = (role: string) => ({ messageId: "m", role, parts: [{ text: "x" }] });
  const status = (state: string, message?: object) => ({ state: `TASK_STATE_${state}`, ...(message && { message }) });
  const none = [
    { task: { id: "t", status: status("WORKING"), artifacts: [], history: [said("ROLE_USER")] } },
    { statusUpdate: { taskId: "t", status: status("COMPLETED") } },
    { statusUpdate: { taskId: "t", status: status("FAILED", said("ROLE_AGENT")) } },
    { task: { id: "t", status: status("CANCELED", said("ROLE_AGENT")) } },
    {},
  ];
  const some = [
    { message: said("ROLE_AGENT") },
    { artifactUpdate: { taskId: "t", artifact: { artifactId: "a", parts: [] } } },
    { statusUpdate: { taskId: "t", status: status("WORKING", said("ROLE_AGENT")) } },
    { task: { id: "t", status: status("WORKING"), artifacts: [{ artifactId: "a", parts: [] }] } },
    { task: { id: "t", status: status("WORKING"), history: [said("ROLE_USER"), said("ROLE_AGENT")] } },
    { task: { id: "t", status: status("INPUT_REQUIRED", said("ROLE_AGENT")) } },
  ];
  expect(none.map(hasPiece)).toEqual(none.map(() => false));
  expect(some.map(hasPiece)).toEqual(some.map(() => true));
  for (const event of some) if ("task" in event) expect(hasPiece({ task: stateAlone(event.task!) })).toBe(false);
});

describe("a task of several paid calls, on two nodes", () => {
  let gate: TestGateway;
  let other: TestGateway;
  let agent: RawAgent;
  let id: string;
  /** What the agent does with a message that goes on with the task. */
  let goesOn: "refuses" | "works" = "works";
  let state = "INPUT_REQUIRED";
  beforeAll(async () => {
    gate = await startTestGateway();
    other = await gate.another();
    agent = await startRawAgent(({ body: { id: rpcId, method, params } }, response) => {
      const artifacts = [{ artifactId: "a", parts: [{ text: "PIECE" }] }];
      const taskId = params.message?.taskId ?? params.id ?? `task-${rpcId}`;
      if (params.message?.taskId && goesOn === "refuses") {
        const error = { code: -32004, message: "the task is over" };
        return void response.end(JSON.stringify({ jsonrpc: "2.0", id: rpcId, error }));
      }
      if (params.message?.taskId) state = "WORKING";
      if (method === "CancelTask") state = "CANCELED";
      const task = { id: taskId, contextId: `c-${taskId}`, status: { state: `TASK_STATE_${state}` } };
      if (!params.message?.taskId) Object.assign(task, { artifacts });
      return void response.end(rpcResult(rpcId, JSON.stringify(params.message ? { task } : task)));
    });
    id = (await gate.register({ url: agent.url, price_per_task: 1 })).id;
  });
  afterAll(async () => {
    await gate.close();
    await agent.close();
  });

  let calls = 0;
  const start = async () => {
    const payer = await gate.createOrg(`payer ${++calls}`, { rate_limit: 1e6, rate_burst: 1e6 });
    await gate.call("POST", `/orgs/${payer.id}/topup`, { amount: 10 });
    state = "INPUT_REQUIRED";
    const ask = async (node: TestGateway, method: string, params: object) =>
      (
        await node.call(
          "POST",
          `/agents/${id}`,
          { jsonrpc: "2.0", id: `${payer.id}-${++calls}`, method, params },
          payer.key,
        )
      ).body;
    const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "x" }] };
    const taskId = (await ask(gate, "SendMessage", { message })).result.task.id as string;
    const wallet = async () => {
      const { balance, held } = (await gate.call("GET", `/orgs/${payer.id}/wallet`)).body;
      return [balance, held];
    };
    await expect.poll(wallet).toEqual([9, 0]);
    const poll = async () => {
      const told = await Promise.all([gate, other].map((node) => ask(node, "GetTask", { id: taskId })));
      const pieces = told.map((answer) => JSON.stringify(answer).includes("PIECE"));
      expect(pieces[0]).toBe(pieces[1]);
      return pieces[0];
    };
    const goOn = () =>
      ask(gate, "SendMessage", { message: { ...message, taskId }, configuration: { returnImmediately: true } });
    return { taskId, wallet, poll, goOn, ask };
  };

  test("what the first paid for stays when the agent refuses the second", async () => {
    const { wallet, poll, goOn } = await start();
    goesOn = "refuses";
    expect((await goOn()).error.code).toBe(-32004);
    await expect.poll(wallet).toEqual([9, 0]);
    expect(await poll()).toBe(true);
  });

  test("the second is let off when nothing of it was told, and then nothing is; polled on another node, it is paid", async () => {
    goesOn = "works";
    for (const isPolled of [false, true]) {
      const { taskId, wallet, poll, goOn, ask } = await start();
      await goOn();
      await expect.poll(wallet).toEqual([9, 1]);
      if (isPolled) expect(JSON.stringify(await ask(other, "GetTask", { id: taskId }))).toContain("PIECE");
      state = "CANCELED";
      await expect.poll(wallet).toEqual([isPolled ? 8 : 9, 0]);
      expect(await poll()).toBe(isPolled);
    }
  });
});
