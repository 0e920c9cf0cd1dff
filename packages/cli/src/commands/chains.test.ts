import { AgentGateClient } from "@agentgate/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAnsweringAgent } from "../testing/answering-agent.ts";
import { type ServedGateway, serveGateway } from "../testing/served-gateway.ts";

let gateway: ServedGateway;
let answering: Awaited<ReturnType<typeof startAnsweringAgent>>;
beforeAll(async () => {
  [gateway, answering] = await Promise.all([serveGateway(), startAnsweringAgent()]);
  const admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: gateway.adminKey });
  await admin.registerAgent("greeter", answering.url);
});
afterAll(() => Promise.all([gateway?.stop("SIGKILL"), answering?.close()]));

test("chains are made, shown, run, changed and deleted", async () => {
  const made = await gateway.run(["chains", "create", "twice", "--step", "greeter=Say: {input}", "--step", "greeter"]);
  expect(made).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^✓ Created twice, 2 steps\nId +[0-9a-f-]{36}\n/),
  });
  expect((await gateway.run(["chains", "list"])).stdout).toMatch(/twice +2 /);
  expect((await gateway.run(["chains", "show", "twice"])).stdout).toMatch(
    /Step 1 .*told Say: \{input\}\nStep 2 .*told \{previous\}/,
  );
  const run = await gateway.run(["chains", "run", "twice", "hello"]);
  expect(run).toMatchObject({ exitCode: 0, stdout: "hi\n" });
  expect(run.stderr).toMatch(/step 1, greeter: success[\s\S]*step 2, greeter: success/);
  expect(await gateway.json("chains", "run", "twice", "hello")).toMatchObject({
    status: "success",
    trace: [{ input: "Say: hello" }, {}],
  });

  answering.fails(true);
  const failed = await gateway.run(["chains", "run", "twice", "hello", "--json"]);
  answering.fails(false);
  expect(failed.exitCode).toBe(1);
  expect(JSON.parse(failed.stdout).status).toBe("error");
  expect(JSON.parse(failed.stderr).error).toMatchObject({
    code: "chain_failed",
    message: expect.stringContaining("Step 1 failed: "),
  });

  expect(await gateway.json("chains", "update", "twice", "--step", "greeter", "--name", "once")).toMatchObject({
    name: "once",
    steps: [{ input_template: null }],
  });
  expect(await gateway.run(["chains", "delete", "once"])).toMatchObject({ exitCode: 2 });
  expect((await gateway.run(["chains", "delete", "once", "--yes"])).stdout).toBe("✓ Deleted once\n");
  expect((await gateway.run(["chains", "run", "once"])).stderr).toContain('There is no chain "once"');
  expect(await gateway.run(["chains", "create", "empty"])).toMatchObject({ exitCode: 2 });
});
