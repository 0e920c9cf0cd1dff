import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const STOP_MS = 3_000;

/** What starts an agent: a line for the shell, or a list. */
export type StartCommand = string | readonly string[];

/** The file that is run where `agentgate.yaml` names no command, as the gateway does for agents that it runs. */
const MAINS = ["agent.ts", "agent.mjs", "agent.js"];

/** How the agent of a directory is started; undefined when nothing says so. */
export function startCommandOf(directory: string, command: StartCommand | undefined): StartCommand | undefined {
  if (command !== undefined) return command;
  const main = MAINS.find((name) => existsSync(join(directory, name)));
  return main === undefined ? undefined : [process.execPath, main];
}

/** The agent's process, which can be started anew. It and what it starts are ended together. */
export class AgentProcess {
  readonly #command: StartCommand;
  readonly #options: { cwd: string; env: NodeJS.ProcessEnv };
  readonly #onEnd: (why: string) => void;
  #child: ChildProcess | undefined;
  #stopping: ChildProcess | undefined;

  /** @param onEnd is told when it ends by itself */
  constructor(command: StartCommand, options: { cwd: string; env: NodeJS.ProcessEnv }, onEnd: (why: string) => void) {
    [this.#command, this.#options, this.#onEnd] = [command, options, onEnd];
  }

  start(): void {
    const isLine = typeof this.#command === "string";
    const [program = "", ...args] = isLine ? [this.#command] : this.#command;
    // A group of its own: a shell passes no signal on. Its output goes beside the calls, on standard error.
    const child = spawn(program, args, {
      ...this.#options,
      shell: isLine,
      stdio: ["ignore", 2, 2],
      detached: process.platform !== "win32",
    });
    this.#child = child;
    child.on("error", (error) => this.#ended(child, error.message));
    child.on("exit", (code, signal) => this.#ended(child, signal ?? `exit code ${code}`));
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** Ends it without asking it to. */
  kill(): void {
    const child = this.#child ?? this.#stopping;
    if (child?.pid !== undefined) this.#kill(child, "SIGKILL");
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#stopping = child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    this.#kill(child, "SIGTERM");
    const timer = setTimeout(() => this.#kill(child, "SIGKILL"), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  #ended(child: ChildProcess, why: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#onEnd(why);
  }

  #kill(child: ChildProcess, signal: NodeJS.Signals): void {
    try {
      if (process.platform === "win32") child.kill(signal);
      else process.kill(-child.pid!, signal);
    } catch {
      // It has just ended.
    }
  }
}
