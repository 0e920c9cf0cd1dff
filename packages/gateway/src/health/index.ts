export type { AgentHealth } from "./agent-health.ts";
export { HealthMonitor } from "./monitor.ts";
export { healthRoutes } from "./routes.ts";
