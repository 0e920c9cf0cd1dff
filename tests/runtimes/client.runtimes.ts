import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundled } from "../../packages/client/src/testing/bundled-bytes.ts";
import type { RawAgent } from "../../packages/gateway/src/a2a/testing/raw-agent.ts";
import {
  ADMIN_KEY,
  startAgent,
  startTestGateway,
  type TestAgent,
  type TestGateway,
} from "../../packages/gateway/src/testing/index.ts";
import { startA2aAgent } from "../client/a2a-agent.ts";
import { prepared, run } from "../interop/toolchain.ts";
import { inWorkerd } from "./workerd.ts";

/** The gateway's client as its bundle alone, in other runtimes than Node, against a gateway that runs. */

const { platform, arch } = process;
const runtimes: Record<string, { package: string; version: string; binary: string; args: string[] }> = {
  node: { package: "", version: "", binary: process.execPath, args: [] },
  bun: { package: `@oven/bun-${platform}-${arch}`, version: "1.4.4", binary: "bin/bun", args: ["run"] },
  deno: {
    package: `@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`,
    version: "2.9.6",
    binary: "deno",
    args: ["run", "--allow-net"],
  },
  // What Cloudflare Workers run in.
  workerd: {
    package: `@cloudflare/workerd-${platform}-${arch === "x64" ? "64" : arch}`,
    version: "1.20261117.1",
    binary: "bin/workerd",
    args: [],
  },
};

let gate: TestGateway;
let echo: TestAgent;
let a2a: RawAgent;
let folder: string;
let ids: string[];
beforeAll(async () => {
  [gate, echo, a2a] = await Promise.all([startTestGateway(), startAgent(), startA2aAgent()]);
  const plain = await gate.register({ name: "echo", url: echo.url, protocol: "plain" });
  const spoken = await gate.register({ card_url: `${a2a.url}/.well-known/agent-card.json` });
  ids = [plain.id, spoken.id];
  folder = mkdtempSync(join(tmpdir(), "agentgate-runtimes-"));
  writeFileSync(join(folder, "client.mjs"), await bundled("AgentGateClient, A2aAgent, NotFoundError, textOf"));
  for (const file of ["program.mjs", "main.mjs", "worker.mjs"])
    copyFileSync(fileURLToPath(new URL(file, import.meta.url)), join(folder, file));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await gate.close();
  await Promise.all([echo.close(), a2a.close()]);
});

/** Where the runtime is, from its package in the npm registry; undefined where there is none for this machine. */
async function binaryOf(name: string): Promise<string | undefined> {
  const { package: from, version, binary } = runtimes[name]!;
  if (from === "") return binary;
  const directory = await prepared(`runtime-${name}-${version}`, [], (into) =>
    run("npm", ["install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", `${from}@${version}`], into),
  ).catch(() => undefined);
  const path = directory && join(directory, "node_modules", from, binary);
  return path && existsSync(path) ? path : undefined;
}

describe.each(Object.keys(runtimes))("%s", (name) => {
  test("runs all that a program does with the client", async (context) => {
    const binary = await binaryOf(name);
    if (binary === undefined) return context.skip(`${name} has no package for this machine`);
    const given = [gate.url, ADMIN_KEY, ...ids];
    const saw =
      name === "workerd"
        ? await inWorkerd(binary, folder, given)
        : await run(binary, [...runtimes[name]!.args, join(folder, "main.mjs"), ...given], folder);
    expect(JSON.parse(saw)).toEqual({
      ...{ listed: 2, sent: "Echo: Hello!", streamed: ["status", "result"] },
      ...{ events: ["TASK_STATE_WORKING", "TASK_STATE_COMPLETED"], followed: "ready", iterated: 2 },
      ...{ missing: "not_found", unreachable: "unreachable", aborted: "enough", closing: true, closed: "closed" },
    });
  });
});
