import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  node: string;
  commit: string;
  /** One-minute load average before anything was measured. */
  load: number;
}

export const describeMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
  commit: execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim(),
  load: loadavg()[0] ?? 0,
});

/** Which core the measured server has for itself, and which the load and the agent share. */
export interface Cores {
  server: number | undefined;
  load: number | undefined;
}

/** Moves this process, and what it starts from now on, to the load's core. Without two cores or `taskset`, pins nothing. */
export function shareCores(): Cores {
  if (availableParallelism() < 2) return { server: undefined, load: undefined };
  const pinned = spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", "0", `${process.pid}`]);
  return pinned.status === 0 ? { server: 1, load: 0 } : { server: undefined, load: undefined };
}

/** Microseconds that all cores together have spent on anything but idling; its growth beside our own tells who else is here. */
export function busyMicros(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = readFileSync("/proc/stat", "utf8")
    .split("\n", 1)[0]!
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softIrq + steal) * 10_000;
}
