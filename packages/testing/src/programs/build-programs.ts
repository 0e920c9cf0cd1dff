import { createHash } from "node:crypto";
import { copyFileSync, globSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const builds = join(root, "node_modules/.cache/agentgate-tests/programs");

/** What tests start as processes of their own, again and again. */
const PROGRAMS = [
  "packages/gateway/src/testing/serve.ts",
  "packages/gateway/src/ledger/testing/crash-child.ts",
  "packages/gateway/src/ledger/testing/overspend-child.ts",
  "packages/gateway/src/storage/testing/open-once.ts",
  "packages/cli/src/index.ts",
  "examples/start/main.ts",
];

/** Everything they may be made of: what is in it decides whether an earlier build still holds. */
const SOURCES = [
  "package-lock.json",
  "packages/*/package.json",
  "packages/{protocol,client,site,gateway,cli}/src/**/*.{ts,js}",
  "packages/cli/bin/*.js",
  "packages/testing/src/programs/*.ts",
  "examples/start/*.ts",
];

export interface BuiltPrograms {
  /** Where they lie; undefined when they are to be run from their sources. */
  directory: string | undefined;
  /** After the last of them has ended. */
  release(): void;
}

/**
 * The programs that tests start, each in few files of JavaScript instead of a thousand of TypeScript and of its dependencies: they start
 * in half the time. Made of the sources as they are now; a build of the same sources is used again, and builds that no run uses are
 * removed. With AGENTGATE_TEST_SOURCES=1 nothing is built, and the programs run from their sources.
 */
export async function buildPrograms(): Promise<BuiltPrograms> {
  if (process.env.AGENTGATE_TEST_SOURCES) return { directory: undefined, release: () => {} };
  mkdirSync(builds, { recursive: true });
  const directory = join(builds, keyOfSources(root));
  if (!mark(directory)) {
    const unfinished = `${directory}-${process.pid}`;
    await build(unfinished);
    mark(unfinished);
    try {
      renameSync(unfinished, directory);
    } catch (error) {
      // Another run has made the same in the meantime.
      rmSync(unfinished, { recursive: true, force: true });
      if (!mark(directory)) throw error;
    }
  }
  removeUnused(builds, directory);
  return { directory, release: () => rmSync(markIn(directory), { force: true }) };
}

/** Changes with the name, the size and the time of any source: older ones, brought back, are not those of the last build either. */
export function keyOfSources(root: string): string {
  const hash = createHash("sha256").update(process.version);
  for (const file of globSync(SOURCES, { cwd: root }).sort()) {
    if (/\.(?:test|suite|soak)\.ts$/.test(file)) continue;
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`\n${file} ${size} ${mtimeMs}`);
  }
  return hash.digest("hex").slice(0, 16);
}

const markIn = (directory: string) => join(directory, `used-by-${process.pid}`);

/** Notes that this run uses a build. @returns false when there is none */
function mark(directory: string): boolean {
  try {
    writeFileSync(markIn(directory), "");
    return true;
  } catch {
    return false;
  }
}

/** Removes the builds that no process uses any more, but for this run's own. */
export function removeUnused(builds: string, own: string): void {
  for (const name of readdirSync(builds)) {
    const directory = join(builds, name);
    if (directory === own) continue;
    const users = globSync(["used-by-*"], { cwd: directory }).map((file) => Number(file.slice("used-by-".length)));
    // One that is being made has its maker's number behind its name.
    if (![...users, Number(name.split("-")[1] ?? 0)].some(isRunning))
      rmSync(directory, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function build(directory: string): Promise<void> {
  const bundle = await rolldown({
    input: Object.fromEntries(PROGRAMS.map((file) => [file.replace(/\.ts$/, ""), join(root, file)])),
    cwd: root,
    platform: "node",
    resolve: { conditionNames: ["agentgate-source", "node", "default"] },
    // What is compiled for a machine stays where it is.
    external: /^(?:@duckdb\/|pg-native$)/,
    plugins: [ownPlaces],
    logLevel: "silent",
  });
  await bundle.write({
    dir: directory,
    format: "esm",
    sourcemap: true,
    sourcemapExcludeSources: true,
    chunkFileNames: "shared/[name]-[hash].js",
  });
  await bundle.close();
  // Around what the command is built to, its package, as npm has it.
  writeFileSync(join(directory, "package.json"), '{"type":"module"}');
  mkdirSync(join(directory, "cli/bin"), { recursive: true });
  mkdirSync(join(directory, "cli/dist"));
  copyFileSync(join(root, "packages/cli/bin/agentgate.js"), join(directory, "cli/bin/agentgate.js"));
  writeFileSync(join(directory, "cli/dist/index.js"), 'export * from "../../packages/cli/src/index.js";\n');
}

/** Each module finds what lies beside its source, wherever it is run: files, threads, dependencies. */
const ownPlaces: Plugin = {
  name: "own-places",
  transform: {
    filter: { code: /import\.meta\.(?:url|dirname|filename)\b|\b__(?:dirname|filename)\b/ },
    handler(code, id) {
      const file = id.split("?")[0]!;
      const places = { url: pathToFileURL(file).href, dirname: dirname(file), filename: file };
      const isCommonJs = !/^\s*(?:import|export)\b|\b(?:const|let|var)\s+__(?:dirname|filename)\b/m.test(code);
      const text = (name: string) => JSON.stringify(places[name as keyof typeof places]);
      const own = code.replace(/\bimport\.meta\.(url|dirname|filename)\b/g, (_, name) => text(name));
      return { code: isCommonJs ? own.replace(/\b__(dirname|filename)\b/g, (_, name) => text(name)) : own };
    },
  },
};
