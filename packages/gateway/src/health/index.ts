export { type HealthRoom, openHealth } from "./room.ts";
