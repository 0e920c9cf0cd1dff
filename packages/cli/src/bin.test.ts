import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryDirectory } from "@agentgate/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { binPath, runProgram } from "./testing/run-agentgate.ts";

/** Loaded first, it makes this Node.js say that it is an old one. */
const pretendOld = `data:text/javascript,${encodeURIComponent(
  'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.11.1" } });',
)}`;

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory("bin");
});
afterEach(() => directory.remove());

/** The command as a package outside of this checkout, with something built to run. */
function installed(): string {
  const bin = join(directory.path, "node_modules/@agentgate/cli/bin/agentgate.js");
  mkdirSync(join(dirname(bin), "../dist"), { recursive: true });
  cpSync(binPath, bin);
  writeFileSync(join(dirname(bin), "../package.json"), '{"type":"module"}');
  const main = "console.log(JSON.stringify([process.versions.node, process.argv.slice(2)])); process.exitCode = 7;";
  writeFileSync(join(dirname(bin), "../dist/index.js"), `export async function main() { ${main} }`);
  return bin;
}

test("an installed package runs what was built", async () => {
  const { exitCode, stdout } = await runProgram(process.execPath, [installed(), "list", "--json"]);
  expect(exitCode).toBe(7);
  expect(JSON.parse(stdout)).toEqual([process.versions.node, ["list", "--json"]]);
});

test.skipIf(process.platform === "win32")(
  "what serves is started to take little memory, unless the operator chose otherwise",
  async () => {
    const bin = installed();
    const main = "console.log(JSON.stringify([process.execArgv, process.argv.slice(2)]));";
    writeFileSync(join(dirname(bin), "../dist/index.js"), `export async function main() { ${main} }`);
    const run = async (nodeArguments: string[], args: string[]) =>
      JSON.parse((await runProgram(process.execPath, [...nodeArguments, bin, ...args])).stdout);
    const serve = ["serve", "--port", "0"];
    const chosen = ["--max-semi-space-size=8", "--v8-pool-size=1"];
    expect(await run([], serve)).toEqual([chosen, serve]);
    expect(await run(["--no-warnings"], serve)).toEqual([[...chosen, "--no-warnings"], serve]);
    expect(await run(["--max-semi-space-size=32"], serve)).toEqual([["--max-semi-space-size=32"], serve]);
    expect(await run([], ["list"])).toEqual([[], ["list"]]);
  },
);

test("an old Node.js is told so in one line", async () => {
  const { exitCode, stdout, stderr } = await runProgram(process.execPath, [
    "--import",
    pretendOld,
    installed(),
    "list",
  ]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toMatch(/^agentgate needs Node\.js 22\.19 or newer; this is 20\.11\.1 \(.+\)\.\n$/);
});

test("an old Node.js hands over to the one that came with the project", async () => {
  const bin = installed();
  const bundled = join(directory.path, "node_modules/node/bin/node");
  mkdirSync(dirname(bundled), { recursive: true });
  symlinkSync(process.execPath, bundled);
  const { exitCode, stdout } = await runProgram(process.execPath, ["--import", pretendOld, bin, "list", "a b"]);
  expect(exitCode).toBe(7);
  expect(JSON.parse(stdout)).toEqual([process.versions.node, ["list", "a b"]]);
});

test("a project whose own Node.js is old too does not go round in circles", async () => {
  const bin = installed();
  const bundled = join(directory.path, "node_modules/node/bin/node");
  mkdirSync(dirname(bundled), { recursive: true });
  const script = `#!/bin/sh\nexec '${process.execPath}' --import '${pretendOld}' "$@"\n`;
  writeFileSync(bundled, script, { mode: 0o755 });
  const { exitCode, stderr } = await runProgram(process.execPath, ["--import", pretendOld, bin, "list"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("needs Node.js");
});
