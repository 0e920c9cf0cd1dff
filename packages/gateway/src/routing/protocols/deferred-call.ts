import type { AgentCall } from "../agent-protocol.ts";

/** A call that begins when something is known; an abort meanwhile reaches it. Rejects when it cannot become known. */
export function deferredCall<T>(known: Promise<T>, start: (value: T) => AgentCall): AgentCall {
  let started: AgentCall | undefined;
  let aborted = false;
  const outcome = known.then((value) => {
    started = start(value);
    if (aborted) started.abort();
    return started.outcome;
  });
  return {
    outcome,
    abort() {
      aborted = true;
      started?.abort();
    },
  };
}
