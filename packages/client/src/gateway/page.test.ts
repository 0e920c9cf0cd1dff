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

/** Runs the first program of a page against a gateway with agents `echo` and, as the first start has it, `echo-agent`. */
async function runPage(name: string): Promise<{ stdout: string; stderr: string }> {
  const page = readFileSync(`${root}docs/${name}`, "utf8");
  const [, program = ""] = /```ts\n(.*?)```/s.exec(page) ?? [];
  const [gateway, echo] = await Promise.all([startTestGateway(), startAgent()]);
  try {
    const admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: ADMIN_KEY });
    for (const known of ["echo", "echo-agent"])
      await admin.registerAgent(known, echo.url, { skills: [{ id: "echo", name: "Echo" }] });
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/program.mjs`, program.replace("http://127.0.0.1:8000", gateway.url));
    const args = ["--conditions=agentgate-source", `${folder}/program.mjs`];
    const env = { ...process.env, AGENTGATE_API_KEY: ADMIN_KEY };
    return await promisify(execFile)(process.execPath, args, { env });
  } finally {
    await Promise.all([gateway.close(), echo.close()]);
  }
}

test("the program of docs/gateway-client.md does what the page says", async () => {
  const { stdout, stderr } = await runPage("gateway-client.md");
  const lines = stdout.trim().split("\n");
  expect(JSON.parse(lines[0] ?? "")).toHaveProperty("artifacts");
  expect(lines.slice(1, -1).map((line) => line.split(" ")[0])).toContain("result");
  expect(lines.at(-1)).toMatch(/^404 not_found .+ [0-9a-f-]{36}$/);
  expect(stderr).toBe("");
});

test("so does the one of docs/keys.md", async () => {
  const { stdout, stderr } = await runPage("keys.md");
  const lines = ["403 insufficient_scope", "true", "401 key_disabled", "401 invalid_api_key"];
  expect(stdout.trim().split("\n")).toEqual(lines);
  expect(stderr).toBe("");
});

test("so does the one of docs/visibility.md", async () => {
  const { stdout, stderr } = await runPage("visibility.md");
  expect(stdout.trim().split("\n")).toEqual(["404", "403 call_not_granted", "granted", "404"]);
  expect(stderr).toBe("");
});

test("so does the one of docs/chains.md", async () => {
  const { stdout, stderr } = await runPage("chains.md");
  expect(stdout.trim().split("\n")).toEqual([
    "Echo: Echo: Hello! (you said: Hello!)",
    "1 running",
    "1 success",
    "2 running",
    "2 success",
    "success",
  ]);
  expect(stderr).toBe("");
});
