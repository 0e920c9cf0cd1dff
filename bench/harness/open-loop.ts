import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { HttpConnection } from "./http-connection.ts";
import type { MetronomeData } from "./metronome.ts";

export interface OpenLoopOptions {
  port: number;
  /** The same each time, or a new one. */
  request: Buffer | (() => Buffer);
  /** Requests offered per second, whatever becomes of them. */
  ratePerSecond: number;
  warmUpMs: number;
  measuredMs: number;
  /** How long stragglers are waited for, 2 s by default; what is missing then counts as unanswered. */
  stragglersMs?: number;
  /** A request that cannot be sent within so long of its moment is left out and counts as unanswered; by default, all are sent. */
  lateMsMax?: number;
}

export interface OpenLoopResult {
  offered: number;
  answered: number;
  errors: number;
  /** From the moment each request was due, not from when it could be sent: a stall is charged to every request it held up. */
  latenciesMs: Float64Array;
}

/** A request goes out at the first beat after the moment it was due. */
const BEAT_MS_MAX = 1;

/** Offers requests at a fixed rate, on as many connections as that takes. */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { port, request, ratePerSecond, warmUpMs, measuredMs, stragglersMs = 2_000, lateMsMax = Infinity } = options;
  const intervalMs = 1000 / ratePerSecond;
  const skipped = Math.round(warmUpMs / intervalMs);
  const offered = Math.round(measuredMs / intervalMs);
  const latenciesMs = new Float64Array(offered);
  const free: HttpConnection[] = [];
  const all: HttpConnection[] = [];
  let due = 0;
  let answered = 0;
  let errors = 0;

  const startedAt = performance.now();
  const send = (number: number) => {
    const dueAt = startedAt + number * intervalMs;
    let connection = free.pop();
    if (!connection) {
      connection = new HttpConnection(port);
      all.push(connection);
    }
    connection.send(typeof request === "function" ? request() : request, (status) => {
      free.push(connection);
      if (number < skipped) return;
      if (status === 200) latenciesMs[answered++] = performance.now() - dueAt;
      else errors++;
    });
  };
  const stopBeat = startMetronome(Math.min(intervalMs, BEAT_MS_MAX), () => {
    const now = performance.now();
    for (; due < skipped + offered && startedAt + due * intervalMs <= now; due++) {
      if (now - (startedAt + due * intervalMs) <= lateMsMax) send(due);
    }
  });

  await sleep(warmUpMs + measuredMs);
  for (let waited = 0; answered + errors < offered && waited < stragglersMs; waited += 10) await sleep(10);
  await stopBeat();
  for (const connection of all) connection.close();
  return { offered, answered, errors, latenciesMs: latenciesMs.slice(0, answered) };
}

function startMetronome(intervalMs: number, onBeat: () => void): () => Promise<void> {
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./metronome.ts", import.meta.url), {
    workerData: { intervalMs, stop } satisfies MetronomeData,
  });
  worker.on("message", onBeat);
  return async () => {
    Atomics.store(stop, 0, 1);
    Atomics.notify(stop, 0);
    await new Promise((resolve) => worker.once("exit", resolve));
  };
}
