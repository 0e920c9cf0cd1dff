import { CliError } from "./cli-error.ts";

/** As shells tell that Ctrl-C ended a program: 128 and the signal's number. */
export const INTERRUPTED = 130;

/** What a command says that Ctrl-C has ended. */
export const interrupted = (message: string): CliError =>
  new CliError("interrupted", message, { exitCode: INTERRUPTED });

/** What comes sooner is the same Ctrl-C: npx passes on what the terminal has told everybody already. */
const SAME_MS = 500;

/** Stops at the first of these signals, and ends the process at another one that is not the same Ctrl-C told twice. @returns takes it back */
export function atSignals(
  signals: readonly NodeJS.Signals[],
  stop: () => void,
  endAtOnce: () => void = () => process.exit(INTERRUPTED),
): () => void {
  let stoppedAt: number | undefined;
  const hear = () => {
    if (stoppedAt === undefined) {
      stoppedAt = performance.now();
      stop();
    } else if (performance.now() - stoppedAt > SAME_MS) endAtOnce();
  };
  for (const signal of signals) process.on(signal, hear);
  return () => {
    for (const signal of signals) process.off(signal, hear);
  };
}

/**
 * Work that Ctrl-C ends: its signal is aborted, and what it throws from then on is that it was ended. A second Ctrl-C ends the process.
 * @param message says what became of the work
 * @param key is aborted where the terminal gives Ctrl-C as a key, and no signal
 * @throws {@link CliError} with exit code 130
 */
export async function untilInterrupted<T>(
  message: string | (() => string),
  work: (signal: AbortSignal) => Promise<T>,
  key?: AbortSignal,
): Promise<T> {
  if (key?.aborted) throw interrupted("Cancelled before it was sent: nothing was done");
  const controller = new AbortController();
  const stop = () => controller.abort(interrupted(typeof message === "string" ? message : message()));
  const takeBack = atSignals(["SIGINT", "SIGTERM"], stop);
  key?.addEventListener("abort", stop);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    key?.removeEventListener("abort", stop);
    // Whoever was interrupted has yet to say so.
    if (!controller.signal.aborted) takeBack();
  }
}
