export type { CheckedDay } from "./health-days.ts";
export { type HealthRoom, openHealth } from "./room.ts";
