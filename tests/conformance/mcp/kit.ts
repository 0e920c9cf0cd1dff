import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cache, run } from "../../interop/toolchain.ts";

/** The official suite, and the repository that its server to be tested stands in. */
const SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12";
const REPOSITORY = "https://github.com/modelcontextprotocol/conformance";
const COMMIT = "c321dd3";
const SERVER = "examples/servers/typescript";

export interface Kit {
  suite: string;
  server: string;
}

const home = join(cache, "mcp-conformance");

/** The suite from the registry, at its pinned version: into the cache, at the first run. Says so where it cannot be had. */
export async function fetchSuite(): Promise<{ program: string } | { missing: string }> {
  const program = join(home, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
  try {
    if (!existsSync(program)) {
      mkdirSync(home, { recursive: true });
      await run("npm", ["install", "--prefix", home, "--no-audit", "--no-fund", "--no-save", SUITE], home);
    }
    return { program };
  } catch (error) {
    return missing(error);
  }
}

/**
 * The suite, and the reference server from its repository. Says what is missing where one of them cannot be had. `AGENTGATE_TEST_MCP_KIT` names a
 * checkout of the repository to take instead.
 */
export async function fetchKit(): Promise<Kit | { missing: string }> {
  const suite = await fetchSuite();
  if ("missing" in suite) return suite;
  try {
    const checkout = process.env.AGENTGATE_TEST_MCP_KIT ?? join(home, "repository");
    if (!existsSync(checkout)) {
      await run("git", ["clone", "--quiet", REPOSITORY, checkout], home);
      await run("git", ["-C", checkout, "checkout", "--quiet", COMMIT], home);
    }
    const server = join(checkout, SERVER);
    if (!existsSync(join(server, "node_modules"))) await run("npm", ["install", "--no-audit", "--no-fund"], server);
    return { suite: suite.program, server };
  } catch (error) {
    return missing(error);
  }
}

const missing = (error: unknown) => ({
  missing: `the conformance suite of MCP cannot be had: ${(error as Error).message.split("\n")[0]}`,
});

/** The reference server, on a free port. */
export async function startEverything({ server }: Kit): Promise<{ url: string; close(): void }> {
  const port = await freePort();
  const child: ChildProcess = spawn("npx", ["tsx", "everything-server.ts"], {
    cwd: server,
    env: { ...process.env, PORT: `${port}` },
    stdio: "ignore",
    detached: true,
  });
  const url = `http://127.0.0.1:${port}/mcp`;
  for (let attempts = 0; attempts < 150; attempts++) {
    const isUp = await fetch(url, { method: "DELETE" }).then(
      () => true,
      () => false,
    );
    if (isUp) return { url, close: () => process.kill(-child.pid!) };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the reference server did not start");
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

/** What each check of each scenario that a revision asks for came to, by `scenario: check`. */
export const runSuite = ({ suite }: Kit, url: string, revision: string): Promise<Map<string, string>> =>
  runChecks(suite, ["--url", url, "--requirements", revision]);

/** The same of one scenario, also of an extension, which no revision asks for. */
export const runScenario = (
  program: string,
  url: string,
  scenario: string,
  revision: string,
): Promise<Map<string, string>> =>
  runChecks(program, ["--url", url, "--scenario", scenario, "--spec-version", revision, "--force"]);

const WORST_FIRST = ["FAILURE", "WARNING", "SKIPPED", "INFO", "SUCCESS"];

async function runChecks(program: string, args: string[]): Promise<Map<string, string>> {
  const results = mkdtempSync(join(tmpdir(), "mcp-conformance-"));
  try {
    // It fails where a check does: which one, its results say.
    await run(process.execPath, [program, "server", ...args, "-o", results], results).catch(() => "");
    const came = new Map<string, string>();
    for (const path of globSync("*/checks.json", { cwd: results })) {
      const scenario = path
        .split("/")[0]!
        .replace(/^server-/, "")
        .replace(/-\d{4}-\d{2}-\d{2}T.*$/, "");
      for (const { id, status } of JSON.parse(readFileSync(join(results, path), "utf8"))) {
        const name = `${scenario}: ${id}`;
        // Of a check that is made several times, the worst counts.
        if (!came.has(name) || WORST_FIRST.indexOf(status) < WORST_FIRST.indexOf(came.get(name)!))
          came.set(name, status);
      }
    }
    return came;
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
}
