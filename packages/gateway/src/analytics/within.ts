import type { Clock } from "../runtime/index.ts";

/**
 * Does something within so many milliseconds, or until it is over; then it is waited for no longer, whether or not it heeds the signal.
 *
 * @throws Error that says who did not answer
 */
export async function within<T>(
  { clock, ms, over, what }: { clock: Clock; ms: number; over: AbortSignal; what: string },
  work: (over: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  const stop = (reason: Error) => {
    ended.reject(reason);
    end.abort(reason);
  };
  const onOver = () => stop(new Error("it was cut off"));
  const cancel = clock.after(ms, () => stop(new Error(`${what} did not answer within ${Math.ceil(ms / 1000)} s`)));
  if (over.aborted) onOver();
  else over.addEventListener("abort", onOver, { once: true });
  try {
    return await Promise.race([work(end.signal), ended.promise]);
  } finally {
    cancel();
    over.removeEventListener("abort", onOver);
  }
}
