import { styleText } from "node:util";
import type { Failure } from "../failure.ts";
import { escapeControls, printable } from "./printable.ts";
import { type Column, renderFields, renderTable } from "./table.ts";

type Style = Parameters<typeof styleText>[0];

/**
 * Results go to standard output: words and tables for people, one JSON value for programs (`--json`). Notes and errors go
 * to standard error. Colours only on a terminal, never against NO_COLOR.
 */
export class Output {
  json: boolean;

  constructor({ json }: { json: boolean }) {
    this.json = json;
  }

  /** The command's result. With `--json` it is `value`, else what `describe` prints. */
  result(value: unknown, describe: () => void): void {
    // One line for programs that read lines, indented for people who look.
    if (this.json) this.line(escapeControls(JSON.stringify(value, null, process.stdout.isTTY ? 2 : 0)));
    else describe();
  }

  /** One of many values for programs, a line each. */
  value(value: unknown): void {
    this.line(escapeControls(JSON.stringify(value)));
  }

  line(text = ""): void {
    process.stdout.write(`${text}\n`);
  }

  /** That something was done, which may name what others have named. */
  done(text: string): void {
    this.line(`${this.style("green", "✓")} ${printable(text)}`);
  }

  /** Text from elsewhere, which may have several lines. */
  text(text: string): void {
    this.line(text.split("\n").map(printable).join("\n"));
  }

  /** A piece of text from elsewhere, with nothing after it. */
  piece(text: string): void {
    process.stdout.write(text.split("\n").map(printable).join("\n"));
  }

  /** Text of our own making, as it is. */
  raw(text: string): void {
    process.stdout.write(text);
  }

  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    const widthMax = process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
    this.line(renderTable(rows, columns, { widthMax, styleTitle: (title) => this.style("dim", title) }));
  }

  fields(fields: readonly (readonly [name: string, value: string])[]): void {
    this.line(renderFields(fields, (name) => this.style("dim", name)));
  }

  /** Something worth knowing beside the result. */
  note(text: string): void {
    if (!this.json)
      process.stderr.write(`${styleText("yellow", "note:", { stream: process.stderr })} ${printable(text)}\n`);
  }

  /** What belongs to the result and is not part of it, such as its price. */
  aside(text: string): void {
    if (!this.json) process.stderr.write(`${styleText("dim", printable(text), { stream: process.stderr })}\n`);
  }

  /** Does something that takes its time, and says so on a terminal while it does. */
  async waiting<T>(text: string, work: () => Promise<T>): Promise<T> {
    if (this.json || !process.stderr.isTTY) return work();
    const { showWaiting } = await import("./waiting.ts");
    const done = showWaiting(text, process.stderr);
    return work().finally(done);
  }

  /** What is being done at the moment, for people who wait. */
  progress(text: string): void {
    if (!this.json) process.stderr.write(`${styleText("dim", `… ${printable(text)}`, { stream: process.stderr })}\n`);
  }

  fail({ code, message, hint, status, requestId }: Failure): void {
    if (this.json) {
      const error = { code, message, hint, status, request_id: requestId };
      process.stderr.write(`${escapeControls(JSON.stringify({ error }))}\n`);
      return;
    }
    const lines = message.split("\n").map(printable).join("\n  ");
    process.stderr.write(`${styleText("red", "error:", { stream: process.stderr })} ${lines}\n`);
    if (hint) process.stderr.write(`  ${hint.split("\n").map(printable).join("\n  ")}\n`);
  }

  style(style: Style, text: string): string {
    return styleText(style, text, { stream: process.stdout });
  }
}
