export type { LogOptions } from "./call-filter.ts";
export { CallLogs, type LogPageOptions } from "./call-logs.ts";
export type { EventOptions } from "./followed-events.ts";
export type { SeriesOptions, Statistics, StatsOptions, TopOptions } from "./statistics.ts";
export { type UsageBreakdownOptions, UsageCalls } from "./usage.ts";
