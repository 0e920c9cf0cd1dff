import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { interrupted } from "./interrupted.ts";
import { printable } from "./output/printable.ts";

export interface AskOptions {
  /** What is typed is not shown. */
  isHidden?: boolean;
}

const STOPPED = "Stopped at a question: nothing was done";

/**
 * Asks on the terminal.
 * @returns undefined when there is no answer (Ctrl-D)
 * @throws {@link CliError} with exit code 130 at Ctrl-C
 */
export function ask(question: string, { isHidden = false }: AskOptions = {}) {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // Read by whoever looks at the screen: standard output may be a file.
  const output = isHidden ? nowhere : process.stderr;
  const prompt = `${printable(question)} `;
  const terminal = createInterface({ input: process.stdin, output, terminal: true, prompt });
  if (isHidden) process.stderr.write(prompt);
  return new Promise<string | undefined>((resolve, reject) => {
    let answer: string | undefined;
    terminal.on("line", (line) => {
      answer ??= line;
      // Not at once: a Ctrl-C that was typed right behind the answer takes it back.
      setImmediate(() => terminal.close());
    });
    terminal.on("SIGINT", () => {
      process.stderr.write("\n");
      reject(interrupted(STOPPED));
      terminal.close();
    });
    terminal.on("close", () => {
      if (isHidden || answer === undefined) process.stderr.write("\n");
      resolve(answer);
    });
    terminal.prompt();
  });
}
