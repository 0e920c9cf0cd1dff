import { readdirSync } from "node:fs";
import { AgentGateClient } from "@agentgate/client";
import { temporaryDirectory } from "@agentgate/testing";
import { expect, onTestFinished, test } from "vitest";
import { startAnsweringAgent } from "../testing/answering-agent.ts";
import { serveGateway } from "../testing/served-gateway.ts";

test("a gateway that is served writes its log to Parquet, and the command says how far", async () => {
  const directory = temporaryDirectory("sinks");
  onTestFinished(() => directory.remove());
  const logSink = `parquet:${directory.path}`;
  const [gateway, agent] = await Promise.all([
    serveGateway({ env: { AGENTGATE_LOG_SINK: `${logSink}?seconds=1` } }),
    startAnsweringAgent(),
  ]);
  onTestFinished(async () => {
    await gateway.stop("SIGKILL");
    await agent.close();
  });
  const admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
  const { id } = await admin.registerAgent("echo", agent.url);
  await admin.sendTask(id, "hello");
  const files = () =>
    readdirSync(directory.path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".parquet"));
  await expect.poll(() => files().length).toBe(1);
  await expect.poll(async () => (await admin.listLogSinks())[0]?.taken).toBe(1);
  expect(await gateway.json("sinks")).toEqual([
    {
      name: logSink,
      lives: true,
      taken: 1,
      lost: 0,
      written_at: expect.any(String),
      waiting_since: null,
      trouble: null,
    },
  ]);
  const { stdout } = await gateway.run(["sinks"]);
  expect(stdout).toContain(logSink);
  expect(stdout).toMatch(/ 1 +0 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
});
