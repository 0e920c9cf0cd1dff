/** Time and chance, replaceable in tests. */
export interface GatewayTiming {
  /** Resolves after `ms`, rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to below 1. */
  random(): number;
  /** Milliseconds, of any beginning. */
  now(): number;
}

export const realTiming: GatewayTiming = {
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        if (signal.aborted) reject(signal.reason);
        else resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    }),
  random: () => Math.random(),
  now: () => Date.now(),
};
