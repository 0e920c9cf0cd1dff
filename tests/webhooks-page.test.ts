import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "@agentgate/testing";
import { expect, test } from "vitest";
import { startAgent, startTestGateway, textTask } from "../packages/gateway/src/testing/index.ts";
import { webhookEvents } from "../packages/gateway/src/webhooks/index.ts";

const page = readFileSync(new URL("../docs/webhooks.md", import.meta.url), "utf8");

test("the page names every event", () => {
  expect(webhookEvents.filter((event) => !page.includes(`\`${event}\``))).toEqual([]);
});

test("the page's receiver takes what the gateway tells, once, and nothing else", async () => {
  const [, program = ""] = /```ts\n(.*?)```/s.exec(page) ?? [];
  // In the workspace, so that it finds the package.
  const directory = mkdtempSync(fileURLToPath(new URL("../packages/cli/.receiver-", import.meta.url)));
  const file = join(directory, "receiver.ts");
  writeFileSync(file, program);
  const gate = await startTestGateway();
  await gate.gateway.start();
  const agent = await startAgent();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const { id, webhook_secret } = await gate.register({ name: "my-agent", url: agent.url, webhook_url: url });
  const child = spawn(process.execPath, ["--conditions=agentgate-source", file], {
    env: { PATH: process.env.PATH, PORT: `${port}`, WEBHOOK_SECRET: webhook_secret },
  });
  let printed = "";
  child.stdout.on("data", (chunk) => (printed += chunk));
  const forged = () => fetch(url, { method: "POST", body: "{}" }).then(({ status }) => status);
  await expect.poll(() => forged().catch(() => 0)).toBe(401);
  await gate.call("POST", `/agents/${id}/task`, textTask("x"));
  await expect.poll(() => printed).toBe("task.completed my-agent\n");
  const { entries } = (await gate.call("GET", "/webhooks/deliveries")).body;
  await gate.call("POST", `/webhooks/deliveries/${entries[0].id}/resend`);
  const attempts = async () => (await gate.call("GET", `/webhooks/deliveries/${entries[0].id}`)).body.attempts.length;
  await expect.poll(attempts).toBe(2);
  expect(printed).toBe("task.completed my-agent\n");
  child.kill();
  await once(child, "exit");
  await gate.close();
  await agent.close();
  rmSync(directory, { recursive: true });
});
