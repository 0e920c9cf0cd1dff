export { contentTypes, type TextFormat } from "./exposition.ts";
export { negotiateFormat } from "./negotiate-format.ts";
export { metricsRoutes } from "./routes.ts";
export { type FinishedTask, TaskMetrics } from "./task-metrics.ts";
