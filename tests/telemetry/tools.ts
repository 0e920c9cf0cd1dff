import { join } from "node:path";
import { copyInto, isInstalled, prepared, run, sourceOf } from "../interop/toolchain.ts";

/** Programs of others are built with Go, at pinned versions, at the first run; they are no part of the tree. */
export const hasGo = isInstalled("go", "version");

/** Builds a program once. @returns where it is */
export async function built(name: "collector" | "promtool" | "dashboard", package_ = "."): Promise<string> {
  const source = sourceOf(`../telemetry/go/${name}`);
  const inputs = ["go.mod", "go.sum", ...(name === "promtool" ? [] : ["main.go"])].map((file) => join(source, file));
  const directory = await prepared(`telemetry-${name}`, inputs, async (made) => {
    copyInto(made, source);
    await run("go", ["build", "-mod=mod", "-o", "program", package_], made);
  });
  return join(directory, "program");
}
