import { A2AError, isSettled, type JsonObject } from "@agentgate/protocol/a2a";
import { OutboundError } from "../outbound/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { AgentLink } from "./agent-link.ts";
import { factsOfTask } from "./task-facts.ts";

const FIRST_WAIT_MS = 100;
const WAIT_MS_MAX = 10_000;
const REQUEST_MS = 15_000;
const FAILURES_MAX = 8;

/** How waiting for a task ended. */
export type Awaited =
  | { task: JsonObject }
  /** The time ran out while the agent was still at it; the task as last seen, if it was. */
  | { task: JsonObject | undefined; stillWorking: true }
  | { failed: unknown };

/**
 * Asks the agent again and again, ever more seldom, until its turn is over.
 *
 * @param endsAt by the monotonic clock; the last request ends before it, too
 * @param signal ends the waiting early, as time does
 */
export async function awaitSettled(
  link: AgentLink,
  taskId: string,
  endsAt: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Awaited> {
  let failures = 0;
  let last: JsonObject | undefined;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 1.5, WAIT_MS_MAX)) {
    const remainingMs = endsAt - clock.monotonic();
    if (remainingMs <= 0 || signal?.aborted) return { task: last, stillWorking: true };
    await pause(Math.min(waitMs, remainingMs), clock, signal);
    const leftMs = endsAt - clock.monotonic();
    if (leftMs <= 0 || signal?.aborted) return { task: last, stillWorking: true };
    try {
      last = await link.getTask(taskId, Math.min(REQUEST_MS, leftMs));
      failures = 0;
      if (isSettled(factsOfTask(last)?.state)) return { task: last };
    } catch (error) {
      const lasting = A2AError.isInstance(error) || (OutboundError.isInstance(error) && error.kind === "aborted");
      if (lasting || ++failures >= FAILURES_MAX)
        return signal?.aborted ? { task: last, stillWorking: true } : { failed: error };
    }
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
