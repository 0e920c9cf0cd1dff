import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const base = fileURLToPath(new URL("../../../tsconfig.base.json", import.meta.url));
const ownTsc = fileURLToPath(new URL("../../../node_modules/.bin/tsc", import.meta.url));

/**
 * What the compiler says of the TypeScript in a folder, as strict as the project's own.
 *
 * @param tsc another compiler than the project's
 */
export async function compile(folder: string, { tsc = ownTsc, options = {} }: { tsc?: string; options?: object } = {}) {
  const compilerOptions = { lib: ["es2024", "dom", "dom.iterable"], types: ["node"], ...options };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: base, compilerOptions, include: ["**/*.ts"] }),
  );
  const child = spawn(tsc, ["-p", folder, "--pretty", "false"], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  const [code] = await once(child, "close");
  const errors = said.split("\n").filter((line) => /error TS\d+/.test(line));
  return errors.length === 0 && code !== 0 ? [`tsc ended with ${code}: ${said.slice(0, 1_000)}`] : errors;
}
