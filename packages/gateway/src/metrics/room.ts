import type { RouteDefinition } from "../http/index.ts";
import type { AddGauge } from "../runtime/index.ts";
import { metricsRoutes } from "./routes.ts";
import { TaskMetrics } from "./task-metrics.ts";

export interface MetricsRoom {
  /** Counts tasks. */
  tasks: TaskMetrics;
  gauge: AddGauge;
  routes: RouteDefinition[];
  close(): void;
}

/** What this node counts, and how it is read. */
export function openMetrics(): MetricsRoom {
  const tasks = new TaskMetrics();
  return {
    tasks,
    gauge: (name, help, read) => tasks.gauge(name, help, read),
    routes: metricsRoutes(tasks),
    close: () => tasks.close(),
  };
}
