import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const binPath = fileURLToPath(new URL("../../bin/agentgate.js", import.meta.url));

export interface RunResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
}

/** An environment without any setting of the person who runs the tests. */
export const cleanEnvironment = (env: Record<string, string> = {}): Record<string, string> => {
  const { PATH = "", HOME = "" } = process.env;
  return { PATH, HOME, ...env };
};

/** Runs the real command as a child process. */
export function runAgentgate(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runProgram(process.execPath, [binPath, ...args], options);
}

export function runProgram(
  program: string,
  args: readonly string[],
  { env, cwd }: RunOptions = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: cleanEnvironment(env), cwd, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
