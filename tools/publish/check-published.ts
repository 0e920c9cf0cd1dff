import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { parseSync } from "oxc-parser";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

interface Packed {
  filename: string;
  files: { path: string }[];
}

/** Ways to import that an ESM-only package does not promise. */
const unsupported = new Set(["node10", "node16-cjs"]);

/** What publint and attw have against a built package; empty when npm users would find nothing wrong. */
export async function checkPublished(directory: string): Promise<string[]> {
  const temporary = mkdtempSync(join(tmpdir(), "agentgate-pack-"));
  try {
    const output = execFileSync(
      "npm",
      ["pack", "--json", "--silent", "--ignore-scripts", "--pack-destination", temporary],
      {
        cwd: directory,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    const packed = JSON.parse(output) as Packed[] | Record<string, Packed>;
    const [{ filename, files }] = Object.values(packed) as [Packed];
    const tarball = readFileSync(join(temporary, filename));
    return [
      ...checkDocuments(directory, files),
      ...(await lintPackage(directory, tarball)),
      ...(await checkTypes(directory, tarball)),
      ...checkExports(directory),
    ];
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** What its page on the registry shows, and the notice that the licence asks for. */
function checkDocuments(directory: string, files: Packed["files"]): string[] {
  const lacking = ["README.md", "LICENSE"].filter((name) => !files.some(({ path }) => path === name));
  return lacking.map((name) => `${directory}: the package has no ${name}`);
}

async function lintPackage(directory: string, tarball: Buffer): Promise<string[]> {
  const copy = tarball.buffer.slice(tarball.byteOffset, tarball.byteOffset + tarball.byteLength) as ArrayBuffer;
  const { messages, pkg } = await publint({ pack: { tarball: copy }, strict: true });
  return messages.map((message) => `${directory}: publint: ${formatMessage(message, pkg ?? {}, { color: false })}`);
}

async function checkTypes(directory: string, tarball: Buffer): Promise<string[]> {
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
  if (!result.types) return [`${directory}: attw: the package has no types`];
  return result.problems
    .filter((problem) => !("resolutionKind" in problem && unsupported.has(problem.resolutionKind)))
    .map((problem) => `${directory}: attw: ${JSON.stringify(problem)}`);
}

/** Every value of an entry must be in its types: attw only sees that there are some. */
function checkExports(directory: string): string[] {
  const { exports } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as {
    exports: Record<string, { types?: string; default?: string }>;
  };
  return Object.entries(exports).flatMap(([entry, { types, default: code }]) => {
    if (!types || !code || !existsSync(join(directory, code))) return [];
    const typed = namesExportedBy(join(directory, types));
    const untyped = [...namesExportedBy(join(directory, code))].filter((name) => !typed.has(name));
    return untyped.length ? [`${directory}: the types of "${entry}" lack ${untyped.join(", ")}`] : [];
  });
}

function namesExportedBy(file: string): Set<string> {
  const { staticExports } = parseSync(file, readFileSync(file, "utf8")).module;
  return new Set(staticExports.flatMap(({ entries }) => entries.flatMap(({ exportName }) => exportName.name ?? [])));
}
