import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { temporaryDirectory } from "@agentgate/testing";
import { binPath, cleanEnvironment, type RunOptions, type RunResult, runAgentgate } from "./run-agentgate.ts";

export interface ServedGateway {
  url: string;
  adminKey: string;
  child: ChildProcess;
  /** Everything it printed so far. */
  printed(): { stdout: string; stderr: string };
  /** Runs a command against it with the admin key, unless the environment says otherwise. */
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** The same with `--json`, read. @throws when the command fails */
  json<T = any>(...args: string[]): Promise<T>;
  /** Ends it as an operator would; gives its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

interface ServeOptions {
  /** Default: a temporary directory, removed at the end. */
  data?: string;
  args?: string[];
  env?: Record<string, string>;
  json?: boolean;
  /** Whether agents may live on this machine, as they do in tests. */
  dev?: boolean;
}

/** A real gateway, started by the real command: `agentgate serve` on a free port. */
export async function serveGateway({
  data,
  args = [],
  env: more,
  json = true,
  dev = true,
}: ServeOptions = {}): Promise<ServedGateway> {
  const directory = data === undefined ? temporaryDirectory("cli") : undefined;
  const all = [
    "serve",
    "--port",
    "0",
    "--data",
    data ?? directory!.path,
    ...(dev ? ["--dev"] : []),
    ...(json ? ["--json"] : []),
    ...args,
  ];
  const env = cleanEnvironment({
    AGENTGATE_API_KEY: "admin-key-of-the-tests",
    AGENTGATE_LOG_LEVEL: "error",
    AGENTGATE_TASK_TIMEOUT_MS: "300000",
    ...more,
  });
  const child = spawn(process.execPath, [binPath, ...all], { env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      const found = /http:\/\/[\d.]+:\d+/.exec(stdout)?.[0];
      if (found && stdout.endsWith("\n")) resolve(found);
    });
    child.on("close", (code) => reject(new Error(`agentgate serve ended with ${code}:\n${stderr}`)));
  });
  const adminKey = env.AGENTGATE_API_KEY!;
  const run = (command: readonly string[], options: RunOptions = {}) =>
    runAgentgate(command, { ...options, env: { AGENTGATE_SERVER: url, AGENTGATE_API_KEY: adminKey, ...options.env } });
  return {
    url,
    adminKey,
    child,
    printed: () => ({ stdout, stderr }),
    run,
    async json(...command) {
      const result = await run([...command, "--json"]);
      if (result.exitCode !== 0) throw new Error(`agentgate ${command.join(" ")} failed:\n${result.stderr}`);
      return JSON.parse(result.stdout);
    },
    async stop(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await once(child, "close");
      }
      directory?.remove();
      return child.exitCode;
    },
  };
}
