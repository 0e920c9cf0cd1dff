import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { HttpConnection } from "./http-connection.ts";
import { busyMicros } from "./machine.ts";
import { cpuMicros } from "./process-tree.ts";

export interface ClosedLoopOptions {
  port: number;
  /** What is asked, or who says what is asked next. */
  request: Buffer | (() => Buffer);
  /** Connections, each with one request under way at all times. */
  concurrency: number;
  /** Load before the measurement begins, in milliseconds. */
  warmUpMs: number;
  measuredMs: number;
  /** Process trees whose CPU time is taken, by name. */
  processes: Record<string, number>;
}

export interface ClosedLoopResult {
  answered: number;
  errors: number;
  /** With the warm-up and the run-out. */
  totalAnswered: number;
  perSecond: number;
  /** CPU microseconds per answered request, by process tree. */
  cpuMicros: Record<string, number>;
  /** How busy the core of the load and of the agent was with them, 0 to 1. */
  loadBusy: number;
  /** Cores' worth of CPU time that went to neither these processes nor the load: other people's work. */
  coresUsedByOthers: number;
}

/** Keeps every connection busy for a while and counts what happens in the middle of it. */
export async function closedLoop(options: ClosedLoopOptions): Promise<ClosedLoopResult> {
  const { port, request, concurrency, warmUpMs, measuredMs, processes } = options;
  const next = typeof request === "function" ? request : () => request;
  const counts = { answered: 0, errors: 0 };
  let running = true;
  const connections = Array.from({ length: concurrency }, () => new HttpConnection(port));
  const ended = connections.map(
    (connection) =>
      new Promise<void>((resolve) => {
        const send = () => {
          if (!running) return resolve();
          connection.send(next(), (status) => {
            if (status === 200) counts.answered++;
            else counts.errors++;
            send();
          });
        };
        send();
      }),
  );

  await sleep(warmUpMs);
  const before = { ...counts, at: performance.now(), busy: busyMicros(), own: ownMicros(), cpu: cpuOf(processes) };
  await sleep(measuredMs);
  const after = { ...counts, at: performance.now(), busy: busyMicros(), own: ownMicros(), cpu: cpuOf(processes) };
  running = false;
  await Promise.all(ended);
  for (const connection of connections) connection.close();

  const answered = after.answered - before.answered;
  const wallMicros = (after.at - before.at) * 1000;
  const used = Object.keys(processes).map((name) => [name, after.cpu[name]! - before.cpu[name]!] as const);
  const ours = used.reduce((sum, [, micros]) => sum + micros, after.own - before.own);
  return {
    answered,
    errors: after.errors - before.errors,
    totalAnswered: counts.answered,
    perSecond: (answered / wallMicros) * 1e6,
    cpuMicros: Object.fromEntries(used.map(([name, micros]) => [name, micros / answered])),
    loadBusy:
      used.reduce((sum, [name, micros]) => (name === "server" ? sum : sum + micros), after.own - before.own) /
      wallMicros,
    coresUsedByOthers: Math.max(0, (after.busy - before.busy - ours) / wallMicros),
  };
}

const cpuOf = (processes: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, cpuMicros(pid)]));

function ownMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
