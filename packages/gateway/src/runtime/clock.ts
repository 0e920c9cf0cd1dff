import { uptime } from "node:os";

/** Time as the gateway sees it. Injected everywhere, so that a test can replay any schedule. */
export interface Clock {
  /** Wall-clock milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a clock that never runs backwards; for measuring spans only. */
  monotonic(): number;
  /** Milliseconds since the machine started, those that it slept included, where that is known. */
  sinceBoot?(): number;
  /** Runs `task` once after `delayMs`; never keeps the process alive. Returns its cancellation. */
  after(delayMs: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sinceBoot: () => uptime() * 1000,
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
