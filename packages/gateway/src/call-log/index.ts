export { CallLog } from "./call-log.ts";
export { type CallEntry, PAYMENT_UNKNOWN } from "./entry.ts";
export { PendingUsage } from "./pending-usage.ts";
export { callLogRoutes } from "./routes.ts";
export { CallLogStore } from "./store.ts";
