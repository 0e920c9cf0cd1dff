import { CallTail, SinkCursors } from "../call-log/index.ts";
import type { RouteDefinition } from "../http/index.ts";
import type { Leases } from "../leases/index.ts";
import type { Outbound } from "../outbound/index.ts";
import { type AddGauge, type Clock, type Log, microsNow, type Random } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { openClickHouseSink } from "./clickhouse-sink.ts";
import { directoryPlace } from "./directory-place.ts";
import { type FollowerCount, LogFollower } from "./log-follower.ts";
import { openParquetSink } from "./parquet-sink.ts";
import { analyticsRoutes } from "./routes.ts";
import { type S3Settings, s3Place } from "./s3-place.ts";
import type { LogSink } from "./sink.ts";
import { parseTarget, type SinkTarget } from "./targets.ts";

export interface AnalyticsOptions {
  /** What the room reads of the gateway's settings. */
  settings: S3Settings & { logSinks: readonly string[] };
  storage: Storage;
  outbound: Pick<Outbound, "operatorAgent" | "operatorDialer">;
  leases: Leases;
  clock: Clock;
  random: Random;
  log: Log;
  gauge: AddGauge;
}

export interface AnalyticsRoom {
  routes: RouteDefinition[];
  start(): void;
  /** What is not written yet is written by another node, or at the next start. */
  close(): Promise<void>;
}

/**
 * Where the call log is written for good, beside the database; nothing, and no code for it, where no sink is set.
 *
 * @throws Error when a package or credentials are missing
 */
export async function openAnalytics(options: AnalyticsOptions): Promise<AnalyticsRoom> {
  const { settings, storage, leases, clock, gauge } = options;
  const cursors = new SinkCursors(storage, clock);
  const tail = new CallTail(storage);
  const followers = new Map<string, LogFollower>();
  for (const target of settings.logSinks.map(parseTarget)) {
    if (followers.has(target.name)) continue;
    const sink = await openSink(target, options);
    followers.set(
      sink.name,
      new LogFollower({ ...options, sink, lease: `log-sink ${sink.name}`, tail, cursors, leases }),
    );
  }
  if (followers.size > 0) showCounts(followers, clock, gauge);
  return {
    routes: analyticsRoutes(cursors),
    start() {
      for (const follower of followers.values()) follower.start();
    },
    async close() {
      await Promise.all([...followers.values()].map((follower) => follower.close()));
    },
  };
}

async function openSink(target: SinkTarget, options: AnalyticsOptions): Promise<LogSink> {
  const { settings, outbound, leases, clock } = options;
  if (target.kind === "clickhouse") return openClickHouseSink({ target, outbound, clock });
  const place =
    "directory" in target.place
      ? directoryPlace(target.place.directory)
      : s3Place({ ...target.place, settings, dialer: outbound.operatorDialer(), clock });
  return openParquetSink({ name: target.name, everyMs: target.everyMs, place, node: leases.node, clock });
}

/** Of the sinks that this node writes to. */
function showCounts(followers: ReadonlyMap<string, LogFollower>, clock: Clock, gauge: AddGauge): void {
  const show = (name: string, help: string, value: (count: FollowerCount) => number) =>
    gauge(
      name,
      help,
      () =>
        [...followers]
          .map(([sink, { count }]) => ({ sink, count }))
          .filter(({ count }) => count.isHeld)
          .map(({ sink, count }) => ({ labels: { sink }, value: value(count) })),
      ["sink"],
    );
  show("agentgate_log_sink_rows_total", "Rows of the call log that the sink took from this node.", ({ rows }) => rows);
  show("agentgate_log_sink_failures_total", "Attempts to write to the sink that failed.", ({ failures }) => failures);
  show("agentgate_log_sink_lost_total", "Rows that the log forgot before the sink took them.", ({ lost }) => lost);
  show(
    "agentgate_log_sink_waiting_seconds",
    "Age of the oldest call that the sink should have by now, and has not; 0 when there is none.",
    ({ waitingSince }) =>
      waitingSince === undefined ? 0 : Math.max(0, Number(microsNow(clock) - waitingSince) / 1_000_000),
  );
}
