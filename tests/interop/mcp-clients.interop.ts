import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type McpStand, startMcpStand } from "./mcp/stand.ts";
import { type Checked, checksOf, isInstalled, isUnreachable, prepared, run, sourceOf } from "./toolchain.ts";

/** Clients of the Model Context Protocol that others have made, as their users write with them, against a gateway with real agents behind it. */

let stand: McpStand;
beforeAll(async () => {
  stand = await startMcpStand();
});
afterAll(() => stand?.close());

/** Every check of the client has passed, and there are as many as it has. */
function passed(checked: Checked[], count: number): void {
  expect(checked.filter(({ ok }) => !ok)).toEqual([]);
  expect(checked.map(({ check }) => check)).toHaveLength(count);
}

const PACKAGES = sourceOf("mcp/node/packages.json");
const PROGRAMS = sourceOf("mcp/node/");
const packages: Record<string, Record<string, string>> = JSON.parse(readFileSync(PACKAGES, "utf8"));

describe("from npm", () => {
  test.for<[client: string, mode: string, count: number]>([
    ["sdk-2", "default", 9],
    ["sdk-2", "auto", 9],
    ["sdk-2", "2026-07-28", 9],
    ["sdk-2", "legacy", 9],
    ["sdk-1", "", 9],
    ["ext-tasks", "", 8],
    ["ai-sdk", "", 9],
    ["langchain", "", 9],
    ["openai-agents", "", 8],
    ["inspector", "", 7],
  ])("%s %s", async ([client, mode, count], { skip }) => {
    const directory = await prepared(`mcp-${client}`, [PACKAGES], async (made) => {
      writeFileSync(join(made, "package.json"), JSON.stringify({ private: true, dependencies: packages[client] }));
      await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], made);
    }).catch((error) => skipUnreachable(error, skip));
    // Beside its packages, and not those of the project.
    cpSync(PROGRAMS, directory, { recursive: true, filter: (path) => !path.endsWith("packages.json") });
    passed(await checksOf(process.execPath, [`${client}.mjs`, mode], directory, stand.facts), count);
  });
});

const hasPython = isInstalled("python3", "-c", "import sys, venv; sys.exit(sys.version_info < (3, 10))");
describe.skipIf(!hasPython)("from PyPI", () => {
  test.for<[client: string, program: string, mode: string, count: number]>([
    ["sdk", "sdk.py", "auto", 9],
    ["sdk", "sdk.py", "2026-07-28", 9],
    ["sdk", "sdk.py", "legacy", 9],
    ["fastmcp", "fastmcp_client.py", "auto", 9],
    ["fastmcp", "fastmcp_client.py", "legacy", 9],
  ])("%s %s %s", async ([client, program, mode, count], { skip }) => {
    const requirements = sourceOf(`mcp/python/requirements-${client}.txt`);
    const environment = await prepared(`mcp-python-${client}`, [requirements], async (directory) => {
      await run("python3", ["-m", "venv", directory], directory);
      await run(join(directory, "bin", "pip"), ["install", "--quiet", "-r", requirements], directory);
    }).catch((error) => skipUnreachable(error, skip));
    const python = join(environment, "bin", "python");
    const env = { PYTHONDONTWRITEBYTECODE: "1" };
    passed(await checksOf(python, [program, mode], sourceOf("mcp/python/"), stand.facts, env), count);
  });
});

/** Who has no network is told which clients were not run, and how many. @throws what is wrong otherwise */
function skipUnreachable(error: Error, skip: (note: string) => never): never {
  if (!isUnreachable(error)) throw error;
  console.warn(`a client was not run, for its registry cannot be reached: ${error.message.split("\n")[0]}`);
  return skip("its registry cannot be reached");
}
