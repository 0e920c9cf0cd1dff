/**
 * What it takes to write a backlog of the call log to a sink: rows a second, the CPU of the thread that calls are answered on and of all,
 * the longest that this thread was busy in one go, and memory. The end is in a thread of its own, and counts what comes.
 *
 *     node --conditions=agentgate-source bench/sinks.ts [--rows 1000000] [--postgres postgres://…]
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { sql } from "kysely";
import { openClickHouseSink } from "../packages/gateway/src/analytics/clickhouse-sink.ts";
import { directoryPlace } from "../packages/gateway/src/analytics/directory-place.ts";
import { LogFollower } from "../packages/gateway/src/analytics/log-follower.ts";
import { openParquetSink } from "../packages/gateway/src/analytics/parquet-sink.ts";
import type { LogSink } from "../packages/gateway/src/analytics/sink.ts";
import { type ClickHouseTarget, parseTarget } from "../packages/gateway/src/analytics/targets.ts";
import { startScriptedClickHouse } from "../packages/gateway/src/analytics/testing/index.ts";
import { CallTail, SinkCursors } from "../packages/gateway/src/call-log/index.ts";
import { openLeases } from "../packages/gateway/src/leases/index.ts";
import { openOutbound } from "../packages/gateway/src/outbound/index.ts";
import { silentLog, systemClock, systemRandom } from "../packages/gateway/src/runtime/index.ts";
import { openStorage, type Storage } from "../packages/gateway/src/storage/index.ts";

if (!isMainThread) {
  const end = await startScriptedClickHouse((statement) =>
    statement.includes("system.columns") ? '{"name":"id"}' : "",
  );
  parentPort!.postMessage(end.host);
} else await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rows: { type: "string", default: "1000000" }, postgres: { type: "string" } },
  });
  const rows = Number(values.rows);
  const directory = mkdtempSync(join(tmpdir(), "agentgate-bench-"));
  const options = { databaseUrl: values.postgres, dataDirectory: directory, clock: systemClock, log: silentLog };
  const storage = await openStorage(options);
  await fill(storage, rows);
  const place = directoryPlace(join(directory, "calls"));
  const parquet = () =>
    openParquetSink({ name: "parquet", everyMs: 1_000, place, node: systemRandom.uuid(), clock: systemClock });
  const settings = { allowPrivateNetworks: true, allowedAddresses: [], answerBytesMax: 1_000_000 };
  const outbound = openOutbound({ settings, clock: systemClock, log: silentLog, gauge() {} });
  const end = new Worker(new URL(import.meta.url));
  const host = await new Promise<string>((resolve) => end.once("message", resolve));
  const target = parseTarget(`clickhouse://${host}/default?seconds=1`) as ClickHouseTarget;
  const clickhouse = () => openClickHouseSink({ target, outbound, clock: systemClock });
  console.log(`${rows} rows, ${storage.engine}, node ${process.version}`);
  for (const [name, open] of [
    ["parquet", parquet],
    ["clickhouse", clickhouse],
  ] as const) {
    console.log(`${name}: ${JSON.stringify(await measure(storage, await open(), rows))}`);
  }
  const files = readdirSync(join(directory, "calls"), { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".parquet"),
  );
  const bytes = files.reduce((sum, file) => sum + statSync(join(directory, "calls", file)).size, 0);
  console.log(`parquet: ${files.length} files, ${(bytes / rows).toFixed(1)} bytes a row`);
  await end.terminate();
  await outbound.close();
  await storage.close();
  rmSync(directory, { recursive: true });
}

/** Calls as they are, of a thousand agents, over three days. */
async function fill(storage: Storage, rows: number): Promise<void> {
  const isSqlite = storage.engine === "sqlite";
  const uuid = (n: string) =>
    isSqlite
      ? `lower(substr(hex(randomblob(4)),1,8)||'-'||substr(hex(randomblob(2)),1,4)||'-4'||substr(hex(randomblob(2)),1,3)||'-8'||substr(hex(randomblob(2)),1,3)||'-'||printf('%012d',${n}))`
      : "gen_random_uuid()::text";
  const agent = isSqlite
    ? "printf('00000000-0000-4000-8000-%012d', n % 1000)"
    : "'00000000-0000-4000-8000-' || lpad((n % 1000)::text, 12, '0')";
  const startMicros = (Date.now() - 3 * 86_400_000) * 1000;
  const step = 100_000;
  for (let from = 0; from < rows; from += step) {
    const series = isSqlite
      ? `with recursive s(n) as (select ${from} union all select n + 1 from s where n < ${from + step - 1})`
      : `with s as (select generate_series(${from}, ${from + step - 1}) as n)`;
    await sql
      .raw(`${series} insert into call_log (id, request_id, agent_id, agent_name, org_id, caller_ip, task_id, status, error_detail, latency_us,
        created_at, entrance, protocol, http_status, asked_us, agent_us, first_byte_us, request_bytes, response_bytes, price, trace_id)
      select ${uuid("n")}, 'req_' || n, ${agent}, 'agent ' || (n % 1000), ${agent}, '203.0.113.' || (n % 250), 'task-' || n,
        case when n % 50 = 0 then 'error' else 'success' end, case when n % 50 = 0 then 'timeout' end, 20000 + n % 7919,
        ${startMicros} + n * ${Math.floor((2.5 * 86_400_000_000) / rows)}, 'rest', 'plain', 200, 150, 19000 + n % 7919, 18000, 900, 1100, 0,
        replace(${uuid("n")}, '-', '') from s`)
      .execute(storage.db);
  }
}

async function measure(storage: Storage, sink: LogSink, rows: number) {
  const leases = openLeases({ storage, clock: systemClock, random: systemRandom, log: silentLog });
  const cursors = new SinkCursors(storage, systemClock);
  const follower = new LogFollower({
    sink,
    lease: `log-sink ${sink.name}`,
    tail: new CallTail(storage),
    cursors,
    leases,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
  const before = process.memoryUsage.rss();
  let most = before;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const [cpu, thread, start] = [process.cpuUsage(), process.threadCpuUsage(), performance.now()];
  follower.start();
  while (follower.count.rows < rows) {
    await sleep(20);
    most = Math.max(most, process.memoryUsage.rss());
  }
  const seconds = (performance.now() - start) / 1000;
  const [allCpu, ownCpu] = [process.cpuUsage(cpu), process.threadCpuUsage(thread)];
  delay.disable();
  await follower.close();
  await leases.close();
  return {
    rowsPerSecond: Math.round(rows / seconds),
    threadMicrosPerRow: Number(((ownCpu.user + ownCpu.system) / rows).toFixed(1)),
    allMicrosPerRow: Number(((allCpu.user + allCpu.system) / rows).toFixed(1)),
    threadBusyShare: Number(((ownCpu.user + ownCpu.system) / 1e6 / seconds).toFixed(2)),
    loopDelayP99Ms: Number((delay.percentile(99) / 1e6).toFixed(1)),
    loopDelayMaxMs: Number((delay.max / 1e6).toFixed(1)),
    memoryMB: { before: Math.round(before / 1e6), most: Math.round(most / 1e6) },
    failures: follower.count.failures,
  };
}
