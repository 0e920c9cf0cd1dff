import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What others' registries give is kept there, outside the tree. */
export const cache = process.env.AGENTGATE_TEST_INTEROP_CACHE ?? join(homedir(), ".cache", "agentgate-interop");

export const sourceOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Whether a command runs here. */
export const isInstalled = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;

/** Runs to its end. @throws with what it said when it fails */
export async function run(
  command: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let said = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
    said += chunk;
  });
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${said.slice(-4_000)}`);
  return out;
}

/** A directory of the cache that is made once for these inputs. One that was not finished is made anew. */
export async function prepared(
  name: string,
  inputs: string[],
  make: (directory: string) => Promise<unknown>,
): Promise<string> {
  const hash = createHash("sha256");
  for (const input of inputs) hash.update(readFileSync(input));
  const directory = join(cache, `${name}-${hash.digest("hex").slice(0, 16)}`);
  const done = join(directory, ".prepared");
  if (existsSync(done)) return directory;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  await make(directory);
  writeFileSync(done, "");
  return directory;
}

/** Copies sources that are built where they stand. */
export const copyInto = (directory: string, source: string): void => cpSync(source, directory, { recursive: true });

/** Whether a registry was asked for something and could not be reached. */
export const isUnreachable = ({ message }: Error): boolean =>
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|NewConnectionError|ConnectTimeoutError|ProxyError/.test(
    message,
  );

/** One line of a client's output. */
export interface Checked {
  check: string;
  ok: boolean;
  error?: string;
}

/** Runs a client against a stand; each line of its output is a check. */
export async function checksOf(
  command: string,
  args: string[],
  cwd: string,
  facts: object,
  env: Record<string, string> = {},
): Promise<Checked[]> {
  // Whatever way out there is, the gateway is on this machine.
  const direct = { NO_PROXY: "127.0.0.1,localhost", no_proxy: "127.0.0.1,localhost" };
  const out = await run(command, args, cwd, { ...direct, ...env, INTEROP_STAND: JSON.stringify(facts) });
  const lines = out.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as Checked);
}
