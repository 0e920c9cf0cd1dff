import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../../examples/a2a-agent/serve.ts";
import { type Log, silentLog, systemClock } from "../runtime/index.ts";
import { openStorage } from "../storage/index.ts";
import { testEngines } from "../storage/testing/index.ts";
import { startTestGateway, type TestGateway } from "../testing/index.ts";

describe.each(testEngines())("a database that has lost the tasks' table on %s", (engine) => {
  const told: string[] = [];
  const log = { ...silentLog, error: (...[, message]: Parameters<Log["error"]>) => told.push(String(message)) } as Log;
  let gate: TestGateway;
  let agent: ExampleAgent;
  let id: string;
  beforeAll(async () => {
    gate = await startTestGateway(engine, {}, log);
    agent = await serveExampleAgent();
    ({ id } = await gate.register({ card_url: `${agent.url}/.well-known/agent-card.json` }));
    const storage = await openStorage({ ...gate.config, clock: systemClock, log: silentLog });
    await storage.db.schema.dropTable("a2a_tasks").execute();
    await storage.close();
  });
  afterAll(async () => {
    await gate?.close();
    await agent?.close();
  });

  const message = (text: string) => ({ message: { messageId: "m-1", role: "ROLE_USER", parts: [{ text }] } });

  test.each([
    ["message:send", message("ask"), 500],
    ["message:stream", message("ask"), 200],
    ["task", { message: { parts: [{ type: "text", text: "ask" }] } }, 500],
  ])("%s does not blame the agent, and the log says why", async (path, body, status) => {
    told.length = 0;
    const answer = await gate.call("POST", `/agents/${id}/${path}`, body);
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([
      status,
      expect.stringContaining("Internal server error"),
    ]);
    expect(told).toHaveLength(1);
  });
});
