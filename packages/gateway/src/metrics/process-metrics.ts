import { readdirSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { AddGauge } from "../runtime/index.ts";

/**
 * How this process fares, read when asked for; under the names that Prometheus' Node dashboards know. The library's own collectors of
 * these watch from the start on, and cannot be ended.
 */
export function addProcessMetrics(gauge: AddGauge): void {
  const cpu = () => process.cpuUsage();
  const memory = () => process.memoryUsage();
  gauge("process_cpu_user_seconds_total", "User CPU time.", () => cpu().user / 1e6);
  gauge("process_cpu_system_seconds_total", "System CPU time.", () => cpu().system / 1e6);
  gauge("process_cpu_seconds_total", "User and system CPU time.", () => (cpu().user + cpu().system) / 1e6);
  gauge("process_start_time_seconds", "Start of the process since the epoch.", () => performance.timeOrigin / 1000);
  gauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  gauge("nodejs_heap_size_total_bytes", "Heap that V8 has reserved.", () => memory().heapTotal);
  gauge("nodejs_heap_size_used_bytes", "Heap in use.", () => memory().heapUsed);
  gauge("nodejs_external_memory_bytes", "Memory of C++ objects bound to JavaScript ones.", () => memory().external);
  if (countOpenFiles() !== undefined) {
    gauge("process_open_fds", "Open file descriptors.", () => countOpenFiles() ?? Number.NaN);
  }
  const version = [{ labels: { version: process.version }, value: 1 }];
  gauge("nodejs_version_info", "Version of Node.js.", () => version, ["version"]);
}

/** Descriptors of this process without the one that listing them opens; undefined where there is no /proc. */
function countOpenFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}
