import { monitorEventLoopDelay } from "node:perf_hooks";

/** A sample each 100 ms: a twentieth of a percent of a core. */
const RESOLUTION_MS = 100;

/** How late the event loop runs what is due, for the signs of life; scrapes of the metrics have a measurement of their own. */
export class LoopDelay {
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined;

  start(): void {
    this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#delay.enable();
  }

  close(): void {
    this.#delay?.disable();
  }

  /** Since it was read last, in milliseconds; null before anything was seen. */
  read(): { p99: number | null; max: number | null } {
    if (!this.#delay || this.#delay.count === 0) return { p99: null, max: null };
    const late = (delayNs: number) => Math.max(0, Math.round(delayNs / 1e5 - RESOLUTION_MS * 10) / 10);
    const seen = { p99: late(this.#delay.percentile(99)), max: late(this.#delay.max) };
    this.#delay.reset();
    return seen;
  }
}
