import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "../../../tests/interop/toolchain.ts";

export { isInstalled, run } from "../../../tests/interop/toolchain.ts";

/** What registries give is kept there, outside the tree. */
const cache = process.env.AGENTGATE_TEST_RELEASE_CACHE ?? join(homedir(), ".cache", "agentgate-release");

/** A directory of the cache that is made once; one that was not finished is made anew. */
async function prepared(name: string, make: (directory: string) => Promise<unknown>): Promise<string> {
  const directory = join(cache, name);
  const done = join(directory, ".prepared");
  if (existsSync(done)) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  await make(directory);
  writeFileSync(done, "");
  return directory;
}

const install = (directory: string, packages: readonly string[]) =>
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", directory, ...packages], directory);

/** The newest Node.js of a line, as npm has it. @returns the directory to put first on the path */
export async function nodeOf(major: number): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const directory = await prepared(`node-${major}`, (made) => install(made, [`${name}@${major}`]));
  return join(directory, "node_modules", name, "bin");
}

/** Packages that check what is released, and are none of the workspace's. @returns their node_modules */
export async function packagesOf(...packages: string[]): Promise<string> {
  const name = createHash("sha256").update(packages.join(" ")).digest("hex").slice(0, 16);
  const directory = await prepared(`packages-${name}`, (made) => install(made, packages));
  return join(directory, "node_modules");
}

/** A program of Go's, built once. @returns where it is */
export async function goProgram(path: string, version: string): Promise<string> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const directory = await prepared(`${name}-${version}`, (made) =>
    run("go", ["install", `${path}@${version}`], made, { GOBIN: made, GOFLAGS: "-modcacherw" }),
  );
  return join(directory, name);
}

/** A program that a package of Python's brings. @returns where it is */
export async function pythonProgram(package_: string, name: string): Promise<string> {
  const directory = await prepared(package_.replaceAll("=", "-"), async (made) => {
    await run("python3", ["-m", "venv", made], made);
    await run(join(made, "bin/pip"), ["install", "--quiet", "--only-binary=:all:", package_], made);
  });
  return join(directory, "bin", name);
}
