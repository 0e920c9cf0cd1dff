export { CallLog } from "./call-log.ts";
export type { CallEntry } from "./entry.ts";
export { callLogRoutes } from "./routes.ts";
export { CallLogStore } from "./store.ts";
