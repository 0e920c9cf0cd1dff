import { spawn } from "node:child_process";
import { commandPath, compileCache } from "@agentgate/testing/programs";

export const binPath = commandPath();

export interface RunResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** What comes on standard input. */
  input?: string;
  /** Ends it so once its output has this text. */
  endsAt?: { text: RegExp; signal: NodeJS.Signals };
}

/** Where nobody has ever logged in. */
const NO_LOGINS = "/nonexistent/agentgate-tests";

/** An environment without any setting, or login, of the person who runs the tests. */
export const cleanEnvironment = (env: Record<string, string> = {}): Record<string, string> => {
  const { PATH = "", HOME = "" } = process.env;
  const cache = compileCache();
  return { PATH, HOME, XDG_CONFIG_HOME: NO_LOGINS, ...(cache && { NODE_COMPILE_CACHE: cache }), ...env };
};

/** Runs the real command as a child process. */
export function runAgentgate(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runProgram(process.execPath, [binPath, ...args], options);
}

export function runProgram(
  program: string,
  args: readonly string[],
  { env, cwd, input, endsAt }: RunOptions = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const stdin = input === undefined ? "ignore" : "pipe";
    const child = spawn(program, args, { env: cleanEnvironment(env), cwd, stdio: [stdin, "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdin?.end(input);
    child.stdout!.on("data", (chunk) => {
      stdout += chunk;
      if (!child.killed && endsAt?.text.test(stdout)) child.kill(endsAt.signal);
    });
    child.stderr!.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
