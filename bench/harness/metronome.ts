// A thread that does nothing but beat: timers of an event loop are a millisecond coarse, a futex is not.
import { parentPort, workerData } from "node:worker_threads";

const { intervalMs, stop } = workerData as MetronomeData;
const startedAt = performance.now();

for (let beat = 1; Atomics.load(stop, 0) === 0; beat++) {
  const waitMs = startedAt + beat * intervalMs - performance.now();
  if (waitMs > 0) Atomics.wait(stop, 0, 0, waitMs);
  parentPort!.postMessage(undefined);
}

export interface MetronomeData {
  intervalMs: number;
  /** Set to 1 and notified to end the beat. */
  stop: Int32Array;
}
