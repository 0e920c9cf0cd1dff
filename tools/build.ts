// Builds every publishable package from its package.json: one entry per export, ESM and types into dist.
// Then checks what npm would publish with publint and attw. `node tools/build.ts site` builds one package.
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { build } from "tsdown";
import { checkPublished } from "./publish/check-published.ts";

interface PackageJson {
  name: string;
  private?: boolean;
  exports: Record<string, Record<string, string> | string>;
  dependencies?: Record<string, string>;
}

/** Sources that start as threads of their own, beside the entry that starts them. */
const workers: Record<string, Record<string, string>> = {
  gateway: { "sqlite-worker": "src/storage/sqlite/sqlite-worker.js" },
};

const wanted = process.argv.slice(2);
const published = globSync("packages/*/package.json")
  .sort()
  .map((file) => ({ directory: dirname(file), manifest: JSON.parse(readFileSync(file, "utf8")) as PackageJson }))
  .filter(({ manifest }) => !manifest.private);
const packages = published.filter(
  ({ directory }) => wanted.length === 0 || wanted.includes(directory.slice("packages/".length)),
);

// Declarations are made along with those of other packages, and what an earlier build has left of these is not what they are now.
for (const { directory, manifest } of published)
  if (Object.keys(entriesOf(manifest, directory)).length > 0)
    rmSync(join(directory, "dist"), { recursive: true, force: true });

let problems: string[] = [];
for (const { directory, manifest } of packages) {
  const entry = { ...entriesOf(manifest, directory), ...workers[basename(directory)] };
  if (Object.keys(entry).length === 0) {
    // Nothing to import: static files, which the package builds in its own way.
    if (existsSync(join(directory, "build.ts")))
      await import(resolve(directory, "build.ts")).then((own) => own.buildPages());
    continue;
  }
  const tsconfig = writeTsconfig(directory);
  await build({
    cwd: directory,
    config: false,
    entry,
    format: "esm",
    platform: "neutral",
    target: "es2023",
    tsconfig,
    dts: true,
    clean: true,
    hash: false,
    fixedExtension: false,
    report: false,
    logLevel: "error",
    // Beside the entries, but never in the place of one: what modules share may bear an entry's name.
    outputOptions: { chunkFileNames: "shared-[name].js" },
    inputOptions: { resolve: { conditionNames: ["agentgate-source", "import", "default"] } },
    // A workspace package that is no dependency of the published one becomes part of it.
    deps: {
      alwaysBundle: (id) => id.startsWith("@agentgate/") && !dependsOn(manifest, id),
      neverBundle: (id) =>
        !id.startsWith(".") && !id.startsWith("/") && (!id.startsWith("@agentgate/") || dependsOn(manifest, id)),
    },
  }).finally(() => rmSync(tsconfig));
  problems = [...problems, ...(await checkPublished(directory))];
  console.log(`built ${manifest.name}: ${Object.keys(entry).length} entries`);
}
for (const problem of problems) console.error(problem);
process.exit(problems.length ? 1 : 0);

/** The package's settings, from a place above all packages: declarations of a bundled one are made along with its own. */
function writeTsconfig(directory: string): string {
  const name = basename(directory);
  const path = resolve("packages", `.tsconfig.${name}.json`);
  const exclude = ["*/src/**/*.test.ts", "*/src/**/*.suite.ts", "*/src/testing"];
  writeFileSync(
    path,
    JSON.stringify({ extends: `./${name}/tsconfig.json`, include: [`${name}/src`, "protocol/src"], exclude }),
  );
  return path;
}

/** `dist` name → source, for every export that has a source. */
function entriesOf({ exports }: PackageJson, directory: string): Record<string, string> {
  const entries: Record<string, string> = {};
  for (const target of Object.values(exports)) {
    if (typeof target === "string" || !target["agentgate-source"] || !target.default) continue;
    if (!existsSync(join(directory, target["agentgate-source"]))) continue;
    entries[relative("dist", target.default).replace(/\.js$/, "")] = target["agentgate-source"];
  }
  return entries;
}

function dependsOn({ dependencies = {} }: PackageJson, id: string): boolean {
  const [scope, name] = id.split("/");
  return `${scope}/${name}` in dependencies;
}
