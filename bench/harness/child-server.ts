import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A server in a process of its own, ready to be measured. */
export interface ChildServer {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** The one core it runs on; all of them when undefined. */
  core: number | undefined;
  env?: Record<string, string>;
  nodeOptions?: string[];
  /** Runs the packages as they are built and published, instead of their TypeScript sources. */
  built?: boolean;
  /** The checkout whose server is started; this one when undefined. */
  checkout?: string | undefined;
}

/** Runs a file of `servers/`. The server prints its port once it listens. */
export async function startServer(
  file: string,
  { core, env = {}, nodeOptions = [], built = false, checkout }: ServerOptions,
): Promise<ChildServer> {
  const servers =
    checkout === undefined ? fileURLToPath(new URL("../servers", import.meta.url)) : join(checkout, "bench/servers");
  const path = join(servers, file);
  const conditions = built ? [] : ["--conditions=agentgate-source"];
  const command = [process.execPath, ...conditions, ...nodeOptions, path];
  const pinned = core === undefined ? command : ["taskset", "--cpu-list", `${core}`, ...command];
  const child = spawn(pinned[0]!, pinned.slice(1), {
    env: { PATH: process.env.PATH, NODE_ENV: "production", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await firstLine(child, file);
  return { pid: child.pid!, port: Number(port), stop: () => stopChild(child) };
}

async function firstLine(child: ChildProcess, name: string): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`${name} ended with ${code} before it listened`);
  });
  const [line] = (await Promise.race([once(lines, "line"), exited])) as [string];
  exited.catch(() => {});
  return line;
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
