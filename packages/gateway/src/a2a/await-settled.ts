import { A2AError, isSettled, type JsonObject } from "@agentgate/protocol/a2a";
import { OutboundError } from "../outbound/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { AgentLink } from "./agent-link.ts";
import { digestOf } from "./digest.ts";
import { factsOfTask } from "./task-facts.ts";

const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 10_000;
const REQUEST_MS = 15_000;
const FAILURES_MAX = 8;

export interface Waiting {
  clock: Clock;
  /** By the monotonic clock; the last request ends before it, too. */
  endsAt: number;
  /** Ends the waiting early, as time does. */
  signal?: AbortSignal | undefined;
  /** How long, in milliseconds, the task may stay as it is before its agent counts as lost; as long as it likes by default. */
  unchangedMs?: number | undefined;
}

/** How waiting for a task ended. */
export type Awaited =
  | { task: JsonObject }
  /** The time ran out while the agent was still at it; the task as last seen, if it was. */
  | { task: JsonObject | undefined; stillWorking: true }
  /** It cannot, or will not, be asked; or its task has not changed for too long. */
  | { failed: unknown; isUnchanged?: true };

/** Asks the agent again and again, ever more seldom, until its turn is over. */
export async function awaitSettled(
  link: AgentLink,
  taskId: string,
  { clock, endsAt, signal, unchangedMs }: Waiting,
): Promise<Awaited> {
  let failures = 0;
  let last: JsonObject | undefined;
  const change = unchangedMs === undefined ? undefined : new LastChange(clock, unchangedMs);
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 1.5, WAIT_MS_MAX)) {
    const remainingMs = endsAt - clock.monotonic();
    if (remainingMs <= 0 || signal?.aborted) return { task: last, stillWorking: true };
    await pause(Math.min(waitMs, remainingMs, change?.leftMs ?? remainingMs), clock, signal);
    const leftMs = endsAt - clock.monotonic();
    if (leftMs <= 0 || signal?.aborted) return { task: last, stillWorking: true };
    try {
      last = await link.getTask(taskId, Math.min(REQUEST_MS, leftMs));
      failures = 0;
      if (isSettled(factsOfTask(last)?.state)) return { task: last };
      if (change?.isTooLongAgo(last)) return { failed: lost(), isUnchanged: true };
    } catch (error) {
      const lasting = A2AError.isInstance(error) || (OutboundError.isInstance(error) && error.kind === "aborted");
      if (lasting || ++failures >= FAILURES_MAX)
        return signal?.aborted ? { task: last, stillWorking: true } : { failed: error };
    }
  }
}

const lost = () => new OutboundError("reset", "the agent's stream broke off, and its task does not change any more");

/** When a task has changed last, as far as asking for it tells. */
class LastChange {
  readonly #clock: Clock;
  readonly #unchangedMs: number;
  #atMs: number;
  #task: string | undefined;

  constructor(clock: Clock, unchangedMs: number) {
    this.#clock = clock;
    this.#unchangedMs = unchangedMs;
    this.#atMs = clock.monotonic();
  }

  /** How long it may stay as it is now, in milliseconds. */
  get leftMs(): number {
    return Math.max(0, this.#atMs + this.#unchangedMs - this.#clock.monotonic());
  }

  isTooLongAgo(task: JsonObject): boolean {
    const seen = digestOf(task);
    if (this.#task !== undefined && seen !== this.#task) this.#atMs = this.#clock.monotonic();
    this.#task = seen;
    return this.leftMs === 0;
  }
}

function pause(delayMs: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(delayMs, done);
    signal?.addEventListener("abort", done);
  });
}
