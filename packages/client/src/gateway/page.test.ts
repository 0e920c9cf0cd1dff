import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { ADMIN_KEY, startAgent, startTestGateway } from "../../../gateway/src/testing/index.ts";
import { AgentGateClient } from "./agentgate-client.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
/** Below node_modules, where the package is found by name and nothing else looks. */
const folder = `${root}node_modules/.agentgate-page-${process.pid}`;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the program of docs/gateway-client.md does what the page says", async () => {
  const page = readFileSync(`${root}docs/gateway-client.md`, "utf8");
  const [, program = ""] = /```ts\n(.*?)```/s.exec(page) ?? [];
  const [gateway, echo] = await Promise.all([startTestGateway(), startAgent()]);
  try {
    const admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: ADMIN_KEY });
    await admin.registerAgent("echo", echo.url, { skills: [{ id: "echo", name: "Echo" }] });
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/program.mjs`, program.replace("http://127.0.0.1:8000", gateway.url));
    const args = ["--conditions=agentgate-source", `${folder}/program.mjs`];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    const lines = stdout.trim().split("\n");
    expect(JSON.parse(lines[0] ?? "")).toHaveProperty("artifacts");
    expect(lines.slice(1, -1).map((line) => line.split(" ")[0])).toContain("result");
    expect(lines.at(-1)).toMatch(/^404 not_found .+ [0-9a-f-]{36}$/);
    expect(stderr).toBe("");
  } finally {
    await Promise.all([gateway.close(), echo.close()]);
  }
});
