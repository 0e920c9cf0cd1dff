// For tests alone, as they know what their run has provided: `@agentgate/testing` is for whoever measures, too.
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/**
 * Arguments for Node.js to run a program of the project: as the run has built it, or from its source.
 * @param source of the program; one of those that `build-programs.ts` names
 */
export function programArguments(source: URL): string[] {
  const file = fileURLToPath(source);
  const directory = inject("programsDirectory");
  if (directory === undefined) return ["--conditions=agentgate-source", file];
  const built = join(directory, relative(root, file).replace(/\.ts$/, ".js"));
  if (!existsSync(built)) throw new Error(`${file} is not built for tests: name it in build-programs.ts`);
  return [built];
}

/** The command: of the package as it is built, or of the checkout. */
export function commandPath(): string {
  const directory = inject("programsDirectory");
  return directory === undefined
    ? join(root, "packages/cli/bin/agentgate.js")
    : join(directory, "cli/bin/agentgate.js");
}

/** Where the processes that tests start keep what they are compiled to, as `NODE_COMPILE_CACHE`: it goes when the build does. */
export function compileCache(): string | undefined {
  const directory = inject("programsDirectory");
  return directory === undefined ? process.env.NODE_COMPILE_CACHE : join(directory, "compiled");
}
