import { createInterface } from "node:readline";
import { interrupted } from "./interrupted.ts";
import { printable } from "./output/printable.ts";

/**
 * What a person types at the terminal, a line at a time, until Ctrl-D. The keys are read from the first question to the end, also while a
 * line is worked on: a terminal that were handed back in between would keep a Ctrl-C that comes just then for the next question.
 */
export class TypedLines {
  readonly #terminal;
  readonly #lines: string[] = [];
  readonly #interrupted = new AbortController();
  #ended = false;
  #wake = () => {};

  /** @param left what is said when Ctrl-C is typed instead of a line */
  constructor(question: string, left: string) {
    this.#terminal = createInterface({
      input: process.stdin,
      // Read by whoever looks at the screen: standard output may be a file.
      output: process.stderr,
      terminal: true,
      prompt: `${printable(question)} `,
    });
    this.#terminal.on("line", (line) => {
      // What was pasted, or typed before it was asked for, waits.
      this.#lines.push(line);
      this.#wake();
    });
    this.#terminal.on("SIGINT", () => {
      process.stderr.write("\n");
      this.#interrupted.abort(interrupted(left));
      this.#wake();
    });
    this.#terminal.on("close", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Aborted by Ctrl-C, also in the middle of what a line has begun. */
  get signal(): AbortSignal {
    return this.#interrupted.signal;
  }

  /** @throws {@link CliError} with exit code 130 at Ctrl-C, once every line is given that was entered before */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    try {
      for (;;) {
        const line = this.#lines.shift() ?? (await this.#next());
        if (line === undefined) return;
        yield line;
        this.signal.throwIfAborted();
      }
    } finally {
      this.#terminal.close();
    }
  }

  async #next(): Promise<string | undefined> {
    this.signal.throwIfAborted();
    if (this.#ended) return undefined;
    // With what of a line is typed already.
    this.#terminal.prompt(true);
    await new Promise<void>((wake) => {
      this.#wake = wake;
    });
    if (this.#lines.length > 0) return this.#lines.shift();
    this.signal.throwIfAborted();
    process.stderr.write("\n");
    return undefined;
  }
}
