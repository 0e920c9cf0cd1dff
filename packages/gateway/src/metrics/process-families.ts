import { readdirSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { MetricFamily } from "./exposition.ts";

const gauge = (name: string, help: string, value: number): MetricFamily => ({
  name,
  type: "gauge",
  help,
  samples: [{ value }],
});

const counter = (name: string, help: string, value: number): MetricFamily => ({
  name,
  type: "counter",
  help,
  samples: [{ value }],
});

/** How this process fares, read when asked for; under the names that Prometheus' Node dashboards know. */
export function processFamilies(): MetricFamily[] {
  const cpu = process.cpuUsage();
  const memory = process.memoryUsage();
  const openFiles = countOpenFiles();
  return [
    counter("process_cpu_user_seconds", "User CPU time.", cpu.user / 1e6),
    counter("process_cpu_system_seconds", "System CPU time.", cpu.system / 1e6),
    counter("process_cpu_seconds", "User and system CPU time.", (cpu.user + cpu.system) / 1e6),
    gauge("process_start_time_seconds", "Start of the process since the epoch.", performance.timeOrigin / 1000),
    gauge("process_resident_memory_bytes", "Resident memory.", memory.rss),
    gauge("nodejs_heap_size_total_bytes", "Heap that V8 has reserved.", memory.heapTotal),
    gauge("nodejs_heap_size_used_bytes", "Heap in use.", memory.heapUsed),
    gauge("nodejs_external_memory_bytes", "Memory of C++ objects bound to JavaScript ones.", memory.external),
    ...(openFiles === undefined ? [] : [gauge("process_open_fds", "Open file descriptors.", openFiles)]),
    {
      name: "nodejs_version_info",
      type: "gauge",
      help: "Version of Node.js.",
      samples: [{ labels: { version: process.version }, value: 1 }],
    },
  ];
}

/** Descriptors of this process without the one that listing them opens; undefined where there is no /proc. */
function countOpenFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length - 1;
  } catch {
    return undefined;
  }
}
