export { type AnalyticsRoom, openAnalytics } from "./room.ts";
export { parseTarget, SinkTargetError } from "./targets.ts";
