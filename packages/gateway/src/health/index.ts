export { type AgentHealth, HealthMonitor } from "./monitor.ts";
export { healthRoutes } from "./routes.ts";
