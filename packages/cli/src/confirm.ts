import { CliError } from "./cli-error.ts";

const DELETING = { doing: "Deleting", done: "deleted" };

/** Asks on the terminal, unless `yes` was given. @throws {@link CliError} when the answer is no, or there is nobody to ask */
export async function confirm(
  question: string,
  yes: boolean | undefined,
  { doing, done }: { doing: string; done: string } = DELETING,
): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new CliError("confirmation_needed", `${doing} needs a confirmation, and there is no terminal to ask on`, {
      hint: "Add --yes",
      exitCode: 2,
    });
  }
  const { ask } = await import("./ask.ts");
  const answer = (await ask(`${question} [y/N]`)) ?? "";
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError("cancelled", `Nothing was ${done}`);
}
