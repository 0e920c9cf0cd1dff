import type { Clock } from "./clock.ts";

/** Waits for so long by this clock, or until it is over. */
export function pause(clock: Pick<Clock, "after">, delayMs: number, over?: AbortSignal): Promise<void> {
  if (over?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      over?.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    over?.addEventListener("abort", end);
  });
}
