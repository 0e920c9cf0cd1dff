import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
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
      ...checkImports(directory),
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

/** What the code imports has to come with the package: a compiler may have put in a helper of its own. */
function checkImports(directory: string): string[] {
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Record<string, object>;
  const parts = ["dependencies", "peerDependencies", "optionalDependencies"];
  const known = new Set([
    manifest.name as unknown as string,
    ...parts.flatMap((part) => Object.keys(manifest[part] ?? {})),
  ]);
  return globSync("dist/**/*.js", { cwd: directory }).flatMap((file) => {
    const { staticImports, staticExports } = parseSync(file, readFileSync(join(directory, file), "utf8")).module;
    const names = [
      ...staticImports.map(({ moduleRequest }) => moduleRequest.value),
      ...staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? [])),
    ];
    const strangers = names.filter((name) => !/^[./]/.test(name) && !isBuiltin(name) && !known.has(packageOf(name)));
    return [...new Set(strangers)].map((name) => `${directory}: ${file} imports ${name}, which is no dependency`);
  });
}

const packageOf = (specifier: string): string => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

function namesExportedBy(file: string): Set<string> {
  const { staticExports } = parseSync(file, readFileSync(file, "utf8")).module;
  return new Set(staticExports.flatMap(({ entries }) => entries.flatMap(({ exportName }) => exportName.name ?? [])));
}
