import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { AddGauge } from "../runtime/index.ts";

/** A sample each 50 ms costs 0.1 % of a core; each 10 ms, the default of Node, seven times that. */
const RESOLUTION_MS = 50;

/** How late the event loop runs its timers. Starts measuring at the first reading: a gateway that nobody reads pays nothing. */
export class EventLoopMonitor {
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined;
  /** What was seen until the last reading; missing before the second. */
  #last: { mean: number; p50: number; p99: number; max: number } | undefined;

  constructor(gauge: AddGauge) {
    gauge(
      "nodejs_eventloop_utilization_ratio",
      "Share of the time since the start that the event loop was busy.",
      () => performance.eventLoopUtilization().utilization,
    );
    // The first of the four looks; the others tell of the same time.
    this.#add(gauge, "mean", "Mean", () => this.#look());
    this.#add(gauge, "p50", "Median");
    this.#add(gauge, "p99", "99th percentile of the");
    this.#add(gauge, "max", "Longest");
  }

  close(): void {
    this.#delay?.disable();
  }

  #add(gauge: AddGauge, which: "mean" | "p50" | "p99" | "max", help: string, before = () => {}): void {
    gauge(
      `nodejs_eventloop_lag_${which}_seconds`,
      `${help} event loop delay since the last scrape.`,
      () => {
        before();
        return this.#last ? [{ labels: {}, value: this.#last[which] }] : [];
      },
      [],
    );
  }

  #look(): void {
    if (!this.#delay) {
      this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#delay.enable();
      return;
    }
    if (this.#delay.count === 0) return;
    const seconds = (delayNs: number) => Math.max(0, delayNs / 1e9 - RESOLUTION_MS / 1e3);
    const { mean, max } = this.#delay;
    this.#last = {
      mean: seconds(mean),
      p50: seconds(this.#delay.percentile(50)),
      p99: seconds(this.#delay.percentile(99)),
      max: seconds(max),
    };
    this.#delay.reset();
  }
}
