import type { RouteDefinition } from "../http/index.ts";
import type { AddGauge } from "../runtime/index.ts";
import { EventLoopMonitor } from "./event-loop-monitor.ts";
import { addProcessMetrics } from "./process-metrics.ts";
import { MetricRegistry } from "./registry.ts";
import { metricsRoutes } from "./routes.ts";
import { TaskMetrics } from "./task-metrics.ts";

export interface MetricsRoom {
  registry: MetricRegistry;
  /** Counts tasks. */
  tasks: TaskMetrics;
  gauge: AddGauge;
  routes: RouteDefinition[];
  close(): void;
}

/** What this node counts, and how it is read. */
export function openMetrics(): MetricsRoom {
  const registry = new MetricRegistry();
  const { gauge } = registry;
  const tasks = new TaskMetrics(registry);
  addProcessMetrics(gauge);
  const eventLoop = new EventLoopMonitor(gauge);
  return { registry, tasks, gauge, routes: metricsRoutes(tasks, registry), close: () => eventLoop.close() };
}
