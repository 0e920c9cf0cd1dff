import { AgentGateClient } from "@agentgate/client";
import type { Agent } from "@agentgate/protocol";
import { freePort } from "@agentgate/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { hasTerminal, onTerminal } from "../testing/on-terminal.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

/** An agent that answers `count 3`, `ask`, `fail`, `wait 60000` and echoes the rest: free as "talker", for $0.05 as "seller". */
let example: ExampleAgent;
let gateway: ServedGateway;
let admin: AgentGateClient;
let talker: Agent;
let seller: Agent;
let buyer: { id: string; env: Record<string, string> };
beforeAll(async () => {
  [gateway, example] = await Promise.all([serveGateway(), serveExampleAgent()]);
  admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
  const [shop, org] = await Promise.all([admin.createOrg("shop"), admin.createOrg("buyer")]);
  await admin.topupOrg(org.id, 1);
  buyer = { id: org.id, env: { AGENTGATE_API_KEY: org.api_key!, AGENTGATE_SERVER: gateway.url } };
  const card = `${example.url}/.well-known/agent-card.json`;
  talker = await admin.registerAgentByCard(card, { name: "talker" });
  seller = await admin.registerAgentByCard(card, { name: "seller", pricePerTask: 0.05, orgId: shop.id });
});
afterAll(() => Promise.all([gateway?.stop("SIGKILL"), example?.close()]));

describe("call", () => {
  test("has an agent do something, and prints what it says", async () => {
    const spoken = await gateway.run(["call", "talker", "Good", "morning"], buyer);
    expect(spoken).toEqual({ exitCode: 0, stdout: "Echo: Good morning\n", stderr: "" });
    const piped = await gateway.run(["call", talker.id], { ...buyer, input: "two\nlines\n" });
    expect(piped).toEqual({ exitCode: 0, stdout: "Echo: two\nlines\n", stderr: "" });
    const task = JSON.stringify({ message: { parts: [{ type: "text", text: "whole" }] } });
    expect((await gateway.run(["call", "talker", "--input", task], buyer)).stdout).toBe("Echo: whole\n");
  });

  test("says what a priced one cost, and what is left", async () => {
    const { exitCode, stdout, stderr } = await gateway.run(["call", "seller", "text It is done"], buyer);
    expect([exitCode, stdout]).toEqual([0, "It is done\n"]);
    expect(stderr).toMatch(/^\$0\.05 paid, \$0\.\d\d left\n$/);
    const json = await gateway.run(["call", "seller", "text Hello", "--json"], buyer);
    expect(json.stderr).toBe("");
    expect(JSON.parse(json.stdout)).toEqual({
      agent_id: seller.id,
      state: "completed",
      text: "Hello",
      task_id: expect.any(String),
      context_id: expect.any(String),
      price: 0.05,
      balance: expect.any(Number),
      transaction_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      answer: expect.objectContaining({ artifacts: expect.any(Array) }),
    });
    const again = ["call", "seller", "--input", '{"id":"t","message":{"parts":[{"type":"text","text":"once"}]}}'];
    const key = ["--idempotency-key", "only-once", "--json"];
    const [first, second] = [
      await gateway.run([...again, ...key], buyer),
      await gateway.run([...again, ...key], buyer),
    ];
    expect(JSON.parse(second.stdout)).toEqual(JSON.parse(first.stdout));
  });

  test("shows what is made as it is made", async () => {
    const { exitCode, stdout, stderr } = await gateway.run(["call", "seller", "count 3", "--stream"], buyer);
    expect([exitCode, stdout]).toEqual([0, "1 2 3 \n"]);
    expect(stderr).toContain("$0.05 paid");
    const json = await gateway.run(["call", "talker", "count 2", "--stream", "--json"], buyer);
    const events = json.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.slice(0, -1).every(({ event }) => event === "chunk")).toBe(true);
    expect(events.at(-1)).toMatchObject({ event: "result", data: { state: "completed", price: 0 } });
  });

  test("an agent that has not done it makes it fail, with the agent's reason; one that asks is told so", async () => {
    const failed = await gateway.run(["call", "talker", "fail"], buyer);
    expect([failed.exitCode, failed.stderr]).toEqual([1, expect.stringContaining("This did not work out")]);
    const asks = await gateway.run(["call", "talker", "ask"], buyer);
    expect([asks.exitCode, asks.stdout]).toEqual([0, "Which city?\n"]);
    const [, taskId = "", context = ""] = /--task-id (\S+) --context ([\w-]+)/.exec(asks.stderr) ?? [];
    const answered = await gateway.run(["call", "talker", "Oslo", "--task-id", taskId, "--context", context], buyer);
    expect(answered.stdout).toBe("You said: Oslo\n");
  });

  test("tells what to do when it cannot be called", async () => {
    const [misspelt, unpaid, unknown, nothing, notThere] = await Promise.all([
      gateway.run(["call", "taker", "Hello"], buyer),
      gateway.run(["call", "seller", "Hello"], { env: { AGENTGATE_API_KEY: "" } }),
      gateway.run(["call", "00000000-0000-4000-8000-000000000000", "Hello", "--json"], buyer),
      gateway.run(["call", "talker"], buyer),
      gateway.run(["call", `127.0.0.1:${await freePort()}`, "hello"], buyer),
    ]);
    expect(misspelt.stderr).toContain('There is no agent "taker"\n  Did you mean "talker"?');
    expect(unpaid.stderr).toContain("agentgate login");
    expect(JSON.parse(unknown.stderr).error).toMatchObject({ status: 404 });
    expect([nothing.exitCode, nothing.stderr]).toEqual([2, expect.stringContaining("agentgate call my-agent")]);
    expect(notThere.stderr).toContain("Is the site running");
    for (const { exitCode } of [misspelt, unpaid, unknown, notThere]) expect(exitCode).toBe(1);
    const poor = await admin.createOrg("poor");
    const refused = await gateway.run(["call", "seller", "Hello"], { env: { AGENTGATE_API_KEY: poor.api_key! } });
    expect(refused.stderr).toMatch(/Insufficient balance.*\n +Add money .*agentgate topup me 10/);
  });

  test("Ctrl-C cancels the task", async () => {
    const stopped = await gateway.run(["call", "talker", "count 900", "--stream"], {
      ...buyer,
      endsAt: { text: /1 /, signal: "SIGINT" },
    });
    // It may be done before the signal comes.
    if (stopped.exitCode !== 0)
      expect(stopped).toMatchObject({ exitCode: 130, stderr: expect.stringContaining("Cancelled") });
  });
});

describe("logs", () => {
  test("shows calls as they come, and some before", async () => {
    await gateway.run(["call", "seller", "before"], buyer);
    const following = gateway.run(["logs", "--role", "payer", "--follow", "--limit", "1", "--json"], {
      ...buyer,
      endsAt: { text: /\n.*"task_id":"task-after".*\n/, signal: "SIGINT" },
    });
    const again = setInterval(() => {
      void admin.sendTask(seller.id, { id: "ignored" }).catch(() => {});
      const paying = new AgentGateClient({ baseUrl: gateway.url, apiKey: buyer.env.AGENTGATE_API_KEY });
      void paying.sendTask(seller.id, { id: "task-after", message: { parts: [{ text: "after" }] } }).catch(() => {});
    }, 1_000);
    const { stdout, stderr } = await following.finally(() => clearInterval(again));
    expect(stderr).toBe("");
    const calls = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(calls.length).toBeGreaterThanOrEqual(2);
    expect(calls[0]).toMatchObject({ agent_name: "seller", price: 0.05, payer_org_id: buyer.id });
    expect(calls.some(({ task_id }) => task_id === "ignored")).toBe(false);
    const wrong = await gateway.run(["logs", "--follow", "--trace", "x"], buyer);
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("--trace")]);
  });
});

describe.skipIf(!hasTerminal)("chat, on a terminal", () => {
  test("is a conversation with its costs, until Ctrl-D", async () => {
    const { exitCode, screen } = await onTerminal(["chat", "seller"], {
      env: { ...buyer.env, NO_COLOR: "1" },
      answers: [
        ["> ", "count 3\r"],
        ["> ", "ask\r"],
        ["> ", "Oslo\r"],
        ["> ", "fail\r"],
        ["> ", "\u0004"],
      ],
    });
    expect(exitCode).toBe(0);
    expect(screen).toMatch(/seller 1\.0\.0: .* \$0\.05 a message, \$0\.\d+ left\./);
    expect(screen).toMatch(/1 2 3 \n\$0\.05 paid, \$0\.\d+ left\n/);
    expect(screen).toContain("error: Agent returned error: This did not work out");
    expect(screen).toMatch(/\d messages, \$0\.\d+ paid\s+$/);
  });

  test("Ctrl-C cancels the task under way, says so, and ends with 130", async () => {
    const states = async () => (await admin.listTasks({ agentIds: [talker.id] })).entries.map(({ state }) => state);
    const begun = () => expect.poll(states).toContain("TASK_STATE_WORKING");
    const { exitCode, screen } = await onTerminal(["chat", "talker"], {
      env: { ...buyer.env, NO_COLOR: "1" },
      answers: [
        ["> ", "wait 600000\r"],
        [begun, "\u0003"],
      ],
    });
    expect([exitCode, screen]).toEqual([130, expect.stringContaining("Cancelled: the gateway stops the task.")]);
    await expect.poll(states).not.toContain("TASK_STATE_WORKING");
  });

  test("Ctrl-C is heard between a line and its task, and at a question", async () => {
    const typed = (answer: string) =>
      onTerminal(["chat", "talker"], { env: { ...buyer.env, NO_COLOR: "1" }, answers: [["> ", answer]] });
    const [between, asked] = await Promise.all([typed("wait 600000\r\u0003"), typed("half a li\u0003")]);
    expect([between.exitCode, between.screen]).toEqual([130, expect.stringContaining("error: Cancelled")]);
    expect([asked.exitCode, asked.screen]).toEqual([130, expect.stringContaining("error: The conversation was left")]);
  });

  test("says every line of a file, in JSON for programs", async () => {
    const { exitCode, stdout } = await gateway.run(["chat", "talker", "--json"], { ...buyer, input: "one\n\ntwo\n" });
    const results = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === "result");
    expect(exitCode).toBe(0);
    expect(results.map(({ data }) => data.text)).toEqual(["Echo: one", "Echo: two"]);
    expect(results[0].data.context_id).toBe(results[1].data.context_id);
  });
});
