/** 1: it did not work; 2: it was asked the wrong way; 130: Ctrl-C ended it. */
export type ExitCode = 1 | 2 | 130;

/** Something a command found wrong by itself. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options: { hint?: string | undefined; exitCode?: ExitCode } = {}) {
    super(message);
    this.code = code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 1;
  }
}
