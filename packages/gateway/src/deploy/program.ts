import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { AGENT_FILES, type Release, StartFailure } from "./runtime.ts";

/** Of its heap to its memory: what Node keeps elsewhere needs room too. */
const HEAP_PART = 0.75;

/** The program and its arguments. @throws StartFailure when there is nothing to start */
export async function programOf(
  { app, command }: Release,
  { node, memoryBytes }: { node: string; memoryBytes: number },
): Promise<string[]> {
  if (typeof command === "string") return ["/bin/sh", "-c", command];
  if (command !== undefined) return [...command];
  const names = await readdir(app);
  const file = AGENT_FILES.find((name) => names.includes(name));
  if (!file)
    throw new StartFailure(
      `there is neither a \`command\` in its agentgate.yaml nor a file ${AGENT_FILES.join(" or ")}`,
    );
  const heap = Math.floor((memoryBytes * HEAP_PART) / 2 ** 20);
  return [node, `--max-old-space-size=${heap}`, file];
}

/** Whether npm has something to do: dependencies that are not there. */
export async function needsInstall(app: string): Promise<boolean> {
  const names = await readdir(app);
  if (!names.includes("package.json") || names.includes("node_modules")) return false;
  try {
    const { dependencies, optionalDependencies } = JSON.parse(await readFile(join(app, "package.json"), "utf8")) ?? {};
    return Object.keys({ ...dependencies, ...optionalDependencies }).length > 0;
  } catch {
    throw new StartFailure("its package.json is no JSON");
  }
}
