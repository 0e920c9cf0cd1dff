import { existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { publishedPackages } from "../published-packages.ts";
import { run } from "./toolchain.ts";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * Builds what is published and packs it, as `npm publish` would: once in a run of the suite, whose files come one after the other.
 * @returns the tarballs
 */
export async function packAll(): Promise<string[]> {
  const path = join(inject("releaseRun"), "packed");
  const done = join(path, ".done");
  if (!existsSync(done)) {
    mkdirSync(path, { recursive: true });
    await run("npm", ["run", "build"], root);
    const workspaces = publishedPackages(root).flatMap(({ directory }) => ["-w", directory]);
    await run("npm", ["pack", "--silent", "--pack-destination", path, ...workspaces], root);
    writeFileSync(done, "");
  }
  return globSync("*.tgz", { cwd: path }).map((file) => join(path, file));
}
