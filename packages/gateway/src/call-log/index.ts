export { announcementOf, concernedBy } from "./announced-calls.ts";
export { CallLog } from "./call-log.ts";
export { CallTail, isBehind, type TailPage, type TailPosition, tailStart } from "./call-tail.ts";
export { type CallEntry, type Entrance, type LoggedCall, PAYMENT_UNKNOWN, toWireLogEntry } from "./entry.ts";
export { PendingUsage } from "./pending-usage.ts";
export type { AgentRecord, CallStats } from "./rollups/call-stats.ts";
export { type CallLogRoom, openCallLog } from "./room.ts";
export { CallLogStore } from "./store.ts";
export { usageAudit } from "./usage-audit.ts";
