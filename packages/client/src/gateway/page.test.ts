import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { ADMIN_KEY, startAgent, startTestGateway } from "../../../gateway/src/testing/index.ts";
import { AgentGateClient } from "./agentgate-client.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
/** Below node_modules, where the package is found by name and nothing else looks. */
const folder = `${root}node_modules/.agentgate-page-${process.pid}`;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Output {
  stdout: string;
  stderr: string;
}

const programsOf = (page: string) =>
  [...readFileSync(`${root}docs/${page}`, "utf8").matchAll(/```ts\n(.*?)```/gs)].map(([, program = ""]) => program);

/** Runs a program against a gateway with agents `echo` and, as the first start has it, `echo-agent`, and what else it names. */
async function run(program: string): Promise<Output> {
  const [gateway, echo] = await Promise.all([startTestGateway(), startAgent()]);
  try {
    const admin = new AgentGateClient({ baseUrl: gateway.url, apiKey: ADMIN_KEY });
    const skills = [{ id: "echo", name: "Echo" }];
    for (const known of ["echo", "echo-agent"]) await admin.registerAgent(known, echo.url, { skills });
    const [agent] = await admin.listAgents({ limit: 1 });
    const [org, poor] = [await admin.createOrg("buyer"), await admin.createOrg("poor")];
    const priced = await admin.registerAgent("priced", echo.url, { pricePerTask: 0.1 });
    const named = {
      ...{ "http://127.0.0.1:8000": gateway.url, "https://agentgate.sh": gateway.url, "https://example.com": echo.url },
      ...{ ADMIN_KEY, ORG_KEY: org.api_key!, POOR_KEY: poor.api_key!, ORG_ID: org.id },
      ...{ PRICED_AGENT_ID: priced.id, AGENT_ID: agent!.id },
    };
    const text = Object.entries(named).reduce(
      (all, [name, value]) => all.replaceAll(`"${name}"`, `"${value}"`),
      program,
    );
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/program.mjs`, text);
    const args = ["--conditions=agentgate-source", `${folder}/program.mjs`];
    const env = { ...process.env, AGENTGATE_API_KEY: ADMIN_KEY };
    return await promisify(execFile)(process.execPath, args, { env });
  } finally {
    await Promise.all([gateway.close(), echo.close()]);
  }
}

const runPage = (page: string) => run(programsOf(page)[0]!);

/** What each program of docs/gateway-client.md prints. */
const printed: (string | RegExp)[][] = [
  [...["Echo: Hello!", "status Routing task to echo-agent", "result Echo: Hello!"], /^404 not_found .+ [0-9a-f-]{36}$/],
  [/^2 completed echo-agent \d+ 0$/],
  ["Echo: What does it say?"],
  [],
  ["Total cost: $0"],
  [...["Balance: $0", "0 of them on the first page", "topup 50", "Spent: $0"], "It has $0 and needs $0.1"],
];

describe("docs/gateway-client.md", () => {
  const programs = programsOf("gateway-client.md");

  test("has no program that is not run here", () => {
    expect(programs).toHaveLength(printed.length);
  });

  test.each(printed.map((lines, index) => [index, lines] as const))(
    "program %i does what the page says",
    async (index, lines) => {
      const { stdout, stderr } = await run(programs[index]!);
      expect(stderr).toBe("");
      const said = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("chunk "));
      expect(said).toEqual(lines.map((line) => (typeof line === "string" ? line : expect.stringMatching(line))));
    },
  );
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
