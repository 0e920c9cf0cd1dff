import { accessSync, constants, globSync } from "node:fs";
import { join } from "node:path";

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The full path of the first of these programs found on PATH or in the extra directories (globs allowed). */
export function findProgram(name: string, ...directories: string[]): string | undefined {
  const found = directories
    .flatMap((pattern) => globSync(pattern))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return [...found, ...(process.env.PATH ?? "").split(":")].map((dir) => join(dir, name)).find(isExecutable);
}
