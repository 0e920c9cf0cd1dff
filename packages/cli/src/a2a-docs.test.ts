import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ExampleAgent, serveExampleAgent } from "../../../examples/a2a-agent/serve.ts";
import { binPath, runProgram } from "./testing/run-agentgate.ts";
import { type ServedGateway, serveGateway } from "./testing/served-gateway.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const page = readFileSync(join(root, "docs/a2a.md"), "utf8");
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(([, text]) => text!);
const [start = "", ...pasted] = blocks("sh");

let gateway: ServedGateway;
let example: ExampleAgent;
let directory: ReturnType<typeof temporaryDirectory>;
beforeAll(async () => {
  [gateway, example] = await Promise.all([
    serveGateway({ env: { AGENTGATE_API_KEY: "try-it-admin-key" } }),
    serveExampleAgent(),
  ]);
  directory = temporaryDirectory("a2a-docs");
  mkdirSync(join(directory.path, "examples/a2a-agent"), { recursive: true });
  const file = readFileSync(join(root, "examples/a2a-agent/agentgate.yaml"), "utf8");
  writeFileSync(join(directory.path, "examples/a2a-agent/agentgate.yaml"), here(file));
  symlinkSync(join(root, "node_modules"), join(directory.path, "node_modules"));
});
afterAll(async () => {
  await Promise.all([gateway?.stop("SIGKILL"), example?.close()]);
  directory?.remove();
});

/** The page's addresses as they are in this test, and the command without what npx does before it. */
const here = (text: string) =>
  text
    .replaceAll("http://127.0.0.1:8000", gateway.url)
    .replaceAll("http://127.0.0.1:8200", example.url)
    .replaceAll("npx @agentgate/cli", `${process.execPath} ${binPath}`);
const bash = (script: string) =>
  runProgram("bash", ["-euo", "pipefail", "-c", here(script)], {
    cwd: directory.path,
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
  });

test("every command of the page works as it is pasted", async ({ skip }) => {
  if ((await runProgram("bash", ["-c", "command -v jq curl"])).exitCode !== 0)
    return skip("jq or curl is not installed");
  for (const started of ["npm run example:a2a-agent", "npx @agentgate/cli serve --dev"])
    expect(start).toContain(started);
  // curl tells of no refusal unless it is asked to.
  const { exitCode, stdout, stderr } = await bash(pasted.join("\n").replaceAll("curl -s", "curl --fail-with-body -s"));
  expect([exitCode, stdout, stderr.trim()]).toEqual([0, expect.any(String), ""]);
  for (const answer of ["INPUT_REQUIRED", "COMPLETED", '"kind":"message"', '"totalSize":', '"signatures":']) {
    expect(stdout).toContain(answer);
  }
  expect(stdout.match(/Hello!/g)).toHaveLength(3);
  expect(stdout).toContain('"price_per_task":0.05');
  expect(stdout).toContain('{"type":"header"}');

  const id = /\/agents\/([0-9a-f-]{36})/.exec(stdout)![1]!;
  const [program = ""] = blocks("js");
  writeFileSync(join(directory.path, "client.mjs"), program);
  const client = await runProgram(process.execPath, ["client.mjs"], {
    cwd: directory.path,
    env: { GATE: gateway.url, ID: id },
  });
  expect([client.exitCode, client.stderr]).toEqual([0, ""]);
  expect(client.stdout).toMatch(/^task[\s\S]*artifactUpdate[\s\S]*statusUpdate/);
});
