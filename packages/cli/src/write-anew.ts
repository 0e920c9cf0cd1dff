import { existsSync, writeFileSync } from "node:fs";
import { CliError } from "./cli-error.ts";

/** What stands in a file may have been worked on since. @throws {@link CliError} when one of them is there, unless forced */
export function demandFree(files: readonly (string | undefined)[], { force }: { force?: boolean | undefined }): void {
  const taken = files.find((file) => file !== undefined && existsSync(file));
  if (taken !== undefined && !force) throw isThere(taken);
}

/** Writes a file that is not there yet, or that may be replaced. @throws {@link CliError} when it is there, unless forced */
export function writeAnew(file: string, text: string, { force }: { force?: boolean | undefined }): void {
  try {
    writeFileSync(file, text, { flag: force ? "w" : "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw isThere(file);
    throw error;
  }
}

const isThere = (file: string) =>
  new CliError("file_exists", `${file} is there already, and may have been changed by hand`, {
    hint: "Name another file, or replace it with --force",
    exitCode: 2,
  });
