import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";
import { startRawAgent } from "./testing/raw-agent.ts";

/** The index on both databases, through the gateway: owners, order, pages, filters. */
describe.each(testEngines())("on %s", (engine) => {
  let gate: TestGateway;
  let url: string;
  let close: () => Promise<void>;
  const tasks = new Map<string, string>();
  /** The tasks that the agent was asked for. */
  const asked: string[] = [];
  beforeAll(async () => {
    gate = await startTestGateway(engine);
    const agent = await startRawAgent(({ body }, response) => {
      const { method, params, id } = body;
      if (method === "GetTask") asked.push(params.id);
      if (method === "SendMessage") {
        const [taskId, contextId, state, timestamp] = params.message.parts[0].text.split(" ");
        tasks.set(
          taskId,
          JSON.stringify({ id: taskId, contextId, status: { state: `TASK_STATE_${state}`, timestamp } }),
        );
      }
      const task = tasks.get(params.id ?? params.message?.parts[0].text.split(" ")[0]);
      const answer = method === "SendMessage" ? `{"task":${task}}` : task;
      response.setHeader("content-type", "application/json");
      response.end(
        answer
          ? `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${answer}}`
          : `{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"gone"}}`,
      );
    });
    url = `/agents/${(await gate.register({ url: agent.url })).id}`;
    close = agent.close;
  });
  afterAll(async () => {
    await gate.close();
    await close();
  });

  const send = (text: string, key?: string | null) =>
    gate.call(
      "POST",
      `${url}/message:send`,
      { message: { messageId: "m", role: "ROLE_USER", parts: [{ text }] } },
      key,
    );
  const list = async (query = "", key?: string | null) =>
    (await gate.call("GET", `${url}/tasks${query}`, undefined, key)).body;
  const ids = (page: any) => page.tasks.map(({ id }: any) => id);

  test("the newest status first; pages meet without gap; filters count", async () => {
    for (const [index, state] of ["COMPLETED", "WORKING", "COMPLETED", "FAILED", "COMPLETED"].entries()) {
      await send(`t${index} c${index % 2} ${state} 2026-01-0${index + 1}T00:00:00.000Z`);
    }
    expect(ids(await list())).toEqual(["t4", "t3", "t2", "t1", "t0"]);
    const first = await list("?pageSize=2");
    const second = await list(`?pageSize=2&pageToken=${first.nextPageToken}`);
    const third = await list(`?pageSize=2&pageToken=${second.nextPageToken}`);
    expect([first, second, third].map(ids)).toEqual([["t4", "t3"], ["t2", "t1"], ["t0"]]);
    expect([first.totalSize, third.nextPageToken]).toEqual([5, ""]);
    expect(ids(await list("?contextId=c1"))).toEqual(["t3", "t1"]);
    expect(ids(await list("?status=TASK_STATE_COMPLETED"))).toEqual(["t4", "t2", "t0"]);
    expect(ids(await list("?statusTimestampAfter=2026-01-04T00:00:00Z"))).toEqual(["t4", "t3"]);
  });

  test("pages meet also before 1970, as agents without a clock have it", async () => {
    for (const name of ["z0", "z1", "z2"]) await send(`${name} ancient COMPLETED 0001-01-01T00:00:00Z`);
    const first = await list("?contextId=ancient&pageSize=2");
    const second = await list(`?contextId=ancient&pageSize=2&pageToken=${first.nextPageToken}`);
    expect([first, second].map(ids)).toEqual([["z2", "z1"], ["z0"]]);
    // Leave the other tests their list.
    for (const name of ["z0", "z1", "z2"]) tasks.delete(name);
  });

  test("pages meet over tasks whose status has no timestamp, whatever is begun in between", async () => {
    const { key } = await gate.createOrg(`lister on ${engine}`);
    const names = ["n0", "n1", "n2", "n3", "n4"];
    for (const name of names) {
      await send(`${name} timeless WORKING`, key);
      gate.clock.skip(1);
    }
    const seen: string[] = [];
    for (let token = ""; ; ) {
      const page = await list(`?pageSize=2&contextId=timeless&pageToken=${token}`, key);
      seen.push(...ids(page));
      token = page.nextPageToken;
      if (token === "") break;
      gate.clock.skip(1);
      await send(`late${seen.length} timeless WORKING`, key);
      await gate.call("GET", `${url}/tasks/n0`, undefined, key);
    }
    expect(seen).toEqual(names.toReversed());
  });

  test("a list asks for its page, and for some of those that may have moved on, but for no more", async () => {
    const { key } = await gate.createOrg(`busy on ${engine}`, { rate_limit: 1e6, rate_burst: 1e6 });
    for (let index = 0; index < 25; index++) {
      const at = `2026-04-01T00:00:${10 + index}Z`;
      await send(`b${index} busy ${index < 3 ? "COMPLETED" : "WORKING"} ${at}`, key);
    }
    asked.length = 0;
    expect((await list("?pageSize=2", key)).totalSize).toBe(25);
    const newest = Array.from({ length: 20 }, (_, index) => `b${24 - index}`);
    // Its page is among them, and each is asked for once.
    expect(asked.toSorted()).toEqual(newest.toSorted());
    for (let index = 3; index < 25; index++) {
      const name = `b${index}`;
      tasks.set(name, tasks.get(name)!.replace("WORKING", "FAILED"));
      await gate.call("GET", `${url}/tasks/${name}`, undefined, key);
    }
    asked.length = 0;
    await list("?pageSize=1", key);
    expect(asked).toEqual(["b24"]);
  });

  test("artifacts are shown on demand", async () => {
    const { key } = await gate.createOrg(`collector on ${engine}`);
    await send("a0 arts COMPLETED 2026-01-01T00:00:00Z", key);
    tasks.set("a0", tasks.get("a0")!.replace("{", '{"artifacts":[{"artifactId":"a","parts":[]}],'));
    const shown = async (query: string) => "artifacts" in (await list(query, key)).tasks[0];
    expect([await shown(""), await shown("?includeArtifacts=false")]).toEqual([false, false]);
    expect(await shown("?includeArtifacts=true")).toBe(true);
  });

  test("what moved on meanwhile is listed as it is now", async () => {
    tasks.set(
      "t1",
      JSON.stringify({
        id: "t1",
        contextId: "c1",
        status: { state: "TASK_STATE_COMPLETED", timestamp: "2026-02-01T00:00:00Z" },
      }),
    );
    expect(ids(await list("?status=TASK_STATE_COMPLETED"))).toContain("t1");
    expect(ids(await list())[0]).toBe("t1");
  });

  test("a task that the agent has forgotten is still known", async () => {
    tasks.delete("t0");
    expect((await list("?status=TASK_STATE_COMPLETED&contextId=c0")).tasks.at(-1)).toEqual({
      id: "t0",
      contextId: "c0",
      status: { state: "TASK_STATE_COMPLETED", timestamp: "2026-01-01T00:00:00.000Z" },
    });
  });

  test("an agent that answers one caller with another's task is caught", async () => {
    const { key } = await gate.createOrg(`thief on ${engine}`);
    const { status, body } = await send("t4 c0 WORKING 2026-03-01T00:00:00Z", key);
    expect([status, body.error.details[0].reason]).toEqual([500, "INVALID_AGENT_RESPONSE"]);
    expect((await list("", key)).totalSize).toBe(0);
  });

  test.each([
    "pageSize=0",
    "pageSize=101",
    "pageSize=x",
    "status=NONE",
    "historyLength=-1",
    "pageToken=!",
    ...["x1:t", "1:", ":t", "1.5:t", "1", `1:${"t".repeat(513)}`].map((token) => `pageToken=${btoa(token)}`),
    "statusTimestampAfter=soon",
    "includeArtifacts=perhaps",
  ])("?%s is refused", async (query) => {
    const { status } = await gate.call("GET", `${url}/tasks?${query}`);
    expect(status).toBe(400);
  });
});
