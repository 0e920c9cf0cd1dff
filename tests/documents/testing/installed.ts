import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const manifest = fileURLToPath(new URL("../package.json", import.meta.url));
const cache = fileURLToPath(new URL("../../../node_modules/.cache/agentgate-documents", import.meta.url));

/**
 * The `node_modules` of this suite, installed on first use into a cache beside the root's: nobody else pays for its documents, linters
 * and generators. Nothing of them runs at install.
 */
export async function installed(): Promise<string> {
  const text = readFileSync(manifest);
  const folder = join(cache, createHash("sha256").update(text).digest("hex").slice(0, 16));
  const done = join(folder, "installed");
  if (!existsSync(done)) {
    mkdirSync(folder, { recursive: true });
    copyFileSync(manifest, join(folder, "package.json"));
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--fetch-timeout=60000"];
    await promisify(execFile)("npm", ["install", ...options], { cwd: folder });
    writeFileSync(done, "");
  }
  return join(folder, "node_modules");
}

/** Imports a package of this suite, whichever way it is exported. */
export async function load(modules: string, name: string): Promise<any> {
  const loader = join(modules, "../load.mjs");
  writeFileSync(loader, "export const load = (name) => import(name);");
  return (await import(pathToFileURL(loader).href)).load(name);
}

/** The version of an installed package. */
export const versionOf = (modules: string, name: string): string =>
  JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")).version;
