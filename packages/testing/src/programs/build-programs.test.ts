import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, inject, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../services/temporary-directory.ts";
import { keyOfSources, removeUnused } from "./build-programs.ts";
import { commandPath, programArguments } from "./index.ts";

function folder(): string {
  const directory = temporaryDirectory("programs");
  onTestFinished(() => directory.remove());
  return directory.path;
}

test("a build holds until a source is another one, be it an older one; tests are none", () => {
  const root = folder();
  const at = (name: string) => join(root, "packages/gateway/src", name);
  mkdirSync(at("ledger"), { recursive: true });
  const source = at("ledger/post.ts");
  writeFileSync(source, "1");
  const first = keyOfSources(root);
  writeFileSync(at("ledger/post.test.ts"), "1");
  expect(keyOfSources(root)).toBe(first);
  utimesSync(source, 1, 1);
  const older = keyOfSources(root);
  writeFileSync(at("ledger/hold.ts"), "1");
  expect(new Set([first, older, keyOfSources(root)]).size).toBe(3);
});

test("builds that no run uses are removed", () => {
  const builds = folder();
  const { pid: ended } = spawnSync("true");
  for (const [name, user] of Object.entries({ own: 0, used: process.pid, left: ended, [`half-${ended}`]: 0 })) {
    mkdirSync(join(builds, name));
    if (user) writeFileSync(join(builds, name, `used-by-${user}`), "");
  }
  mkdirSync(join(builds, `making-${process.pid}`));
  removeUnused(builds, join(builds, "own"));
  expect(readdirSync(builds).sort()).toEqual([`making-${process.pid}`, "own", "used"]);
});

test("the command that tests run is this version's, and a program that is not built is named", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [commandPath(), "--version"]);
  const manifest = new URL("../../../cli/package.json", import.meta.url);
  expect(stdout.trim()).toBe(JSON.parse(readFileSync(manifest, "utf8")).version);
  const unknown = new URL("./unknown.ts", import.meta.url);
  if (inject("programsDirectory")) expect(() => programArguments(unknown)).toThrow(/unknown\.ts is not built/);
});
