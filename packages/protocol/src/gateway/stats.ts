/** Calls, as statistics count them. */
export interface CallSums {
  ok: number;
  error: number;
  /** Dollars that callers paid. */
  spent: number;
  /** Dollars that the agents' owners got of that. */
  earned: number;
}

/** Calls of one span of time. Times are in milliseconds, within 5 %; null where none are known. */
export interface StatsPoint extends CallSums {
  /** Where the span begins. */
  t: string;
  /** More may come. */
  unfinished: boolean;
  /** What agents took. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
  /** What the gateway itself took. */
  gateway_p50: number | null;
  gateway_p99: number | null;
}

export type StatsBreakdown = "agent" | "error" | "payer";

/** One part of a series; the others together have the key null. */
export interface StatsPart {
  key: string | null;
  /** Of an agent that is there. */
  name: string | null;
  points: (CallSums & Pick<StatsPoint, "t" | "unfinished">)[];
}

/** How many calls took how long, over time: what agents took. */
export interface LatencyHeat {
  /** Milliseconds, ascending, from the fastest call to the slowest: where each row ends. Empty when no time is known. */
  bounds_ms: number[];
  /** Of each point one count for each row. */
  counts: number[][];
}

/** Calls over time. */
export interface StatsSeries {
  from: string;
  /** Not in it. */
  to: string;
  /** Seconds of a span. */
  step: number;
  /** Ascending, one for each span, also without calls. */
  points: StatsPoint[];
  /** Where it was asked for: the largest five, and the others together. */
  parts?: StatsPart[];
  /** Where it was asked for. */
  heat?: LatencyHeat;
  /** Where it was asked for: as long, and just before. */
  previous?: { from: string; to: string; points: StatsPoint[] };
}

/** The largest parts of all calls of a time. */
export interface StatsTop {
  from: string;
  to: string;
  /** Largest first. */
  entries: (CallSums & { key: string; name: string | null })[];
  all: CallSums;
}

/** What a gateway tells everybody of itself. */
export interface PublicStats {
  agents: number;
  calls_24h: number;
  /** From 0 to 1, not rounded; null without calls. */
  success_24h: number | null;
  gateway_p50_ms: number | null;
}

/** How an agent does when it is called, and when it is looked at. */
export interface AgentStats {
  /** When it was registered. */
  since: string;
  calls_30d: number;
  /** From 0 to 1, not rounded; null without calls. */
  success_30d: number | null;
  /** Milliseconds that it took, within 5 %. */
  p50_ms: number | null;
  p95_ms: number | null;
  last_success_at: string | null;
  /** UTC days, ascending, today included. */
  days: { day: string; checks: number; failed: number; calls: number; errors: number }[];
}
