import { spawn } from "node:child_process";
import { accessSync } from "node:fs";
import { binPath, cleanEnvironment } from "./run-agentgate.ts";

/** util-linux's `script` gives the command a real pseudo-terminal. */
const script = "/usr/bin/script";

export const hasTerminal = (() => {
  try {
    accessSync(script);
    return process.platform === "linux";
  } catch {
    return false;
  }
})();

/** What is typed once a text has appeared behind what was typed before, or once something else has happened. */
export type Answer = readonly [question: string | (() => Promise<unknown>), answer: string];

export interface TerminalOptions {
  env?: Record<string, string>;
  answers?: readonly Answer[];
  columns?: number;
  cwd?: string;
}

/** What a person sees, and the exit code. */
export function onTerminal(args: readonly string[], options?: TerminalOptions) {
  return programOnTerminal([process.execPath, binPath, ...args], options);
}

/** The same of any program. */
export function programOnTerminal(
  words: readonly string[],
  { env = {}, answers = [], columns = 80, cwd }: TerminalOptions = {},
): Promise<{ exitCode: number | null; screen: string }> {
  const command = words.map((word) => `'${word}'`).join(" ");
  const child = spawn(script, ["-qec", `stty cols ${columns}; exec ${command}`, "/dev/null"], {
    env: cleanEnvironment({ TERM: "xterm", ...env }),
    cwd,
  });
  return new Promise((resolve, reject) => {
    const left = [...answers];
    let screen = "";
    let seen = 0;
    let isWaiting = false;
    const answerNext = async () => {
      while (!isWaiting) {
        const [question, answer] = left[0] ?? [];
        if (question === undefined || answer === undefined) return;
        if (typeof question === "string") {
          const at = screen.indexOf(question, seen);
          if (at === -1) return;
          seen = at + question.length;
        } else {
          isWaiting = true;
          await question();
          isWaiting = false;
        }
        left.shift();
        child.stdin.write(answer);
      }
    };
    const go = () =>
      void answerNext().catch((error) => {
        child.kill("SIGKILL");
        reject(error);
      });
    child.stdout.on("data", (chunk) => {
      screen += chunk;
      go();
    });
    child.on("close", (exitCode) => resolve({ exitCode, screen: screen.replaceAll("\r\n", "\n") }));
  });
}
