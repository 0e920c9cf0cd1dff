import { text as readAll } from "node:stream/consumers";
import { CliError } from "./cli-error.ts";

const CHARACTERS_MAX = 65_536;

/**
 * A secret that is typed without being shown, or that comes on standard input. A command line can be read by other users of the machine, so
 * no option has to hold it.
 *
 * @param missing what is said when there is none
 */
export async function askSecret(question: string, missing: { code: string; message: string; hint: string }) {
  const { ask } = await import("./ask.ts");
  const given = process.stdin.isTTY ? await ask(question, { isHidden: true }) : await readAll(process.stdin);
  const secret = (given ?? "").trim();
  if (secret !== "" && secret.length <= CHARACTERS_MAX) return secret;
  throw new CliError(missing.code, missing.message, { hint: missing.hint, exitCode: 2 });
}
