import { createInterface } from "node:readline";
import { printable } from "../output/printable.ts";

/** Asks a person, or reads the answers from a pipe, one a line. */
export class Prompter {
  readonly #out: NodeJS.WritableStream;
  readonly #interface;
  readonly #lines;

  /** @param out - where questions go; not where the result goes when that is for programs */
  constructor(out: NodeJS.WritableStream) {
    this.#out = out;
    this.#interface = createInterface({ input: process.stdin });
    this.#lines = this.#interface[Symbol.asyncIterator]();
    // The first Ctrl-C ends the answers, so that the walk can say how to go on; the second ends the process.
    process.once("SIGINT", this.#stop);
  }

  /** @returns undefined when there will be no more answers */
  async ask(question: string): Promise<string | undefined> {
    this.#out.write(`${printable(question)} `);
    const { done, value } = await this.#lines.next();
    // A pipe shows no answers; without a line break the next words would stand in the question's line.
    if (done || !process.stdin.isTTY) this.#out.write("\n");
    return done ? undefined : value.trim();
  }

  say(text: string): void {
    this.#out.write(`${printable(text)}\n`);
  }

  readonly #stop = () => this.#interface.close();

  close(): void {
    process.off("SIGINT", this.#stop);
    this.#interface.close();
    process.stdin.unref?.();
  }
}
