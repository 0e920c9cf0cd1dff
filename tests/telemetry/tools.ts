import { join } from "node:path";
import { copyInto, isInstalled, prepared, run, sourceOf } from "../interop/toolchain.ts";

/** Programs of others are built with Go, at pinned versions, at the first run; they are no part of the tree. */
export const hasGo = isInstalled("go", "version");

type Program = "collector" | "promtool" | "dashboard" | "versitygw";

/** Builds a program once. @param package_ of another module than the one that is there @returns where it is */
export async function built(name: Program, package_ = "."): Promise<string> {
  const source = sourceOf(name === "versitygw" ? "../analytics/versitygw" : `../telemetry/go/${name}`);
  const inputs = ["go.mod", "go.sum", ...(package_ === "." ? ["main.go"] : [])].map((file) => join(source, file));
  const directory = await prepared(`telemetry-${name}`, inputs, async (made) => {
    copyInto(made, source);
    await run("go", ["build", "-mod=mod", "-o", "program", package_], made);
  });
  return join(directory, "program");
}
