import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { MetricFamily } from "./exposition.ts";

/** A sample each 50 ms costs 0.1 % of a core; each 10 ms, the default of Node, seven times that. */
const RESOLUTION_MS = 50;

/** How late the event loop runs its timers. Starts measuring at the first scrape: a gateway nobody scrapes pays nothing. */
export class EventLoopMonitor {
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined;

  families(): MetricFamily[] {
    const utilization: MetricFamily = {
      name: "nodejs_eventloop_utilization_ratio",
      type: "gauge",
      help: "Share of the time since the start that the event loop was busy.",
      samples: [{ value: performance.eventLoopUtilization().utilization }],
    };
    if (!this.#delay) {
      this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#delay.enable();
      return [utilization];
    }
    if (this.#delay.count === 0) return [utilization];
    const lag = (name: string, help: string, delayNs: number): MetricFamily => ({
      name: `nodejs_eventloop_lag_${name}_seconds`,
      type: "gauge",
      help: `${help} event loop delay since the last scrape.`,
      samples: [{ value: Math.max(0, delayNs / 1e9 - RESOLUTION_MS / 1e3) }],
    });
    const families = [
      utilization,
      lag("mean", "Mean", this.#delay.mean),
      lag("p50", "Median", this.#delay.percentile(50)),
      lag("p99", "99th percentile of the", this.#delay.percentile(99)),
      lag("max", "Longest", this.#delay.max),
    ];
    this.#delay.reset();
    return families;
  }

  close(): void {
    this.#delay?.disable();
  }
}
