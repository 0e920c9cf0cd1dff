export { negotiateFormat } from "./negotiate-format.ts";
export { contentTypes, type MetricFamily, MetricRegistry, type TextFormat } from "./registry.ts";
export { type MetricsRoom, openMetrics } from "./room.ts";
export { type FinishedTask, TaskMetrics } from "./task-metrics.ts";
