const LOOK_MS = 250;
/** What comes sooner is the same Ctrl-C: npx passes on what the terminal has told everybody already. */
const SAME_MS = 500;

/**
 * Resolves at SIGINT or SIGTERM; a second one, half a second later or more, ends the process at once. npm and npx may be ended without passing that on, so
 * what they have started is also told when its parent is gone.
 */
export function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    const stopLooking = startedByNpm() ? onParentGone(() => stop()) : () => {};
    const stop = () => {
      stopLooking();
      const toldAt = performance.now();
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.off(signal, stop);
        process.on(signal, () => {
          if (performance.now() - toldAt > SAME_MS) process.exit(1);
        });
      }
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}

const startedByNpm = () => process.env.npm_command !== undefined || process.env.npm_lifecycle_event !== undefined;

/** An orphan has another parent: process 1, or whoever takes in orphans. */
function onParentGone(told: () => void): () => void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) told();
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
