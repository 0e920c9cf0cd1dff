import { readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { parseSync } from "oxc-parser";
import { compositionRoot, gatewayFloors, packageImports } from "./rules.ts";
import { checkWayOut } from "./way-out.ts";

export interface SourceFile {
  /** Path from the repository root, with forward slashes. */
  path: string;
  text: string;
}

interface Import {
  from: string;
  specifier: string;
  /** Repository path for a relative import, the package name for a workspace import. */
  file?: string;
  workspace?: string;
}

/** Every broken rule as one line; empty when the house is in order. */
export function checkArchitecture(files: readonly SourceFile[]): string[] {
  const imports = files.flatMap(importsOf);
  return [
    ...files.flatMap((file) => checkName(file.path)),
    ...files.flatMap(checkRoot),
    ...imports.flatMap(checkPackageImport),
    ...imports.flatMap(checkRoomImport),
    ...files.filter(({ path }) => !isTest(path)).flatMap(checkWayOut),
    ...findCircles(imports),
  ];
}

export function readSources(paths: readonly string[]): SourceFile[] {
  return paths.map((path) => ({ path: path.replaceAll("\\", "/"), text: readFileSync(path, "utf8") }));
}

function importsOf({ path, text }: SourceFile): Import[] {
  const { module } = parseSync(path, text);
  const specifiers = [
    ...module.staticImports.map((entry) => entry.moduleRequest.value),
    ...module.staticExports.flatMap((entry) => entry.entries.flatMap((e) => e.moduleRequest?.value ?? [])),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const literal = /^["'](.+)["']$/.exec(text.slice(start, end));
      return literal?.[1] ?? [];
    }),
  ];
  return [...new Set(specifiers)].map((specifier) => {
    if (specifier.startsWith(".")) return { from: path, specifier, file: normalize(join(dirname(path), specifier)) };
    const workspace = /^@agentgate\/([^/]+)/.exec(specifier)?.[1];
    return { from: path, specifier, ...(workspace && { workspace }) };
  });
}

const isTest = (path: string) => /\.(test|test-d|suite|soak)\.tsx?$/.test(path) || path.includes("/testing/");
const packageOf = (path: string) => /^packages\/([^/]+)\/src\//.exec(path)?.[1];
const roomOf = (path: string) => /^packages\/gateway\/src\/([^/]+)\//.exec(path)?.[1];
const floorOf = (room: string) => gatewayFloors.findIndex((floor) => floor.includes(room));

function checkName(path: string): string[] {
  const name = basename(path);
  const problems: string[] = [];
  if (!/^[a-z0-9_.+\-[\]]+$/.test(name)) problems.push(`${path}: file names are kebab-case`);
  if (/^(utils?|helpers?|misc|common)\./.test(name))
    problems.push(`${path}: name a file after the one concept it holds`);
  return problems;
}

function checkRoot({ path, text }: SourceFile): string[] {
  const { path: root, linesMax } = compositionRoot;
  if (path !== root || text.split("\n").length <= linesMax + 1) return [];
  return [`${path}: has more than ${linesMax} lines; let the rooms open what is theirs`];
}

function checkPackageImport({ from, specifier, file, workspace }: Import): string[] {
  const owner = packageOf(from);
  if (!owner || isTest(from)) return [];
  if (file && packageOf(file) !== owner && file.startsWith("packages/") && !file.endsWith("package.json")) {
    return [`${from}: reaches into another package's files (${specifier}); import its public face`];
  }
  if (workspace && workspace !== owner && !packageImports[owner]?.includes(workspace)) {
    return [`${from}: ${owner} may not import @agentgate/${workspace}`];
  }
  return [];
}

function checkRoomImport({ from, specifier, file }: Import): string[] {
  const room = roomOf(from);
  if (!file || isTest(from)) return [];
  if (!room) return checkDoor({ from, specifier, file });
  if (floorOf(room) === -1)
    return [`${from}: room "${room}" stands on no floor; add it to tools/architecture/rules.ts`];
  const target = roomOf(file);
  if (target === room) return [];
  if (target === undefined) return [`${from}: a room may not import the composition root (${specifier})`];
  if (floorOf(target) >= floorOf(room)) return [`${from}: imports run down; ${room} may not use ${target}`];
  return checkDoor({ from, specifier, file });
}

/** A room is entered through its `index.ts`, from the composition root as well. */
function checkDoor({ from, specifier, file }: Required<Omit<Import, "workspace">>): string[] {
  const target = roomOf(file);
  if (packageOf(from) !== "gateway" || target === undefined || basename(file) === "index.ts") return [];
  return [`${from}: ${specifier} is private to ${target}; import ${target}/index.ts`];
}

/** File-level import circles, each reported once from its alphabetically first file. */
function findCircles(imports: readonly Import[]): string[] {
  const edges = new Map<string, string[]>();
  for (const { from, file } of imports) {
    if (file) edges.set(from, [...(edges.get(from) ?? []), file]);
  }
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): void => {
    const at = trail.indexOf(path);
    if (at !== -1) {
      const circle = trail.slice(at);
      const first = circle.indexOf([...circle].sort()[0]!);
      found.add([...circle.slice(first), ...circle.slice(0, first), circle[first]].join(" -> "));
      return;
    }
    if (done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return [...found].map((circle) => `import circle: ${circle}`);
}
