export { contentTypes, type TextFormat } from "./exposition.ts";
export { negotiateFormat } from "./negotiate-format.ts";
export { type MetricsRoom, openMetrics } from "./room.ts";
export { type FinishedTask, TaskMetrics } from "./task-metrics.ts";
