import type { Clock } from "../runtime/index.ts";

/** Where a caller reads its answer, piece by piece. */
export interface ReaderSink {
  /** The reader has left. */
  readonly closed: boolean;
  /** Breaks the connection off, as if the reader had left. */
  cut(): void;
}

/**
 * Waits for a reader who lags, until the call has to be over: one who holds its agent back for longer would outlast what is put aside
 * for it. Answers whether the reader has caught up.
 *
 * @param endsAt by the monotonic clock
 */
export async function caughtUp(
  lagging: Promise<void>,
  sink: ReaderSink,
  endsAt: number,
  clock: Clock,
): Promise<boolean> {
  const forgetDeadline = clock.after(Math.max(0, endsAt - clock.monotonic()), () => sink.cut());
  await lagging;
  forgetDeadline();
  return !sink.closed;
}
