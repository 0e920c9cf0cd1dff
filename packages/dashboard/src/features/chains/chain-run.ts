import type { ChainEvent, ChainStepBegun } from "@agentgate/client";
import type { ChainRun, ChainTraceEntry } from "@agentgate/protocol";

/** A run as far as it has come. */
export interface RunState {
  steps: readonly (ChainTraceEntry | ChainStepBegun)[];
  /** Undefined while it goes on. */
  result: ChainRun | undefined;
}

export const notBegun: RunState = { steps: [], result: undefined };

/** What has become of a run with one more event. */
export function after(state: RunState, event: ChainEvent): RunState {
  if (event.type !== "step")
    return { steps: event.run.trace.length > 0 ? event.run.trace : state.steps, result: event.run };
  const { entry } = event;
  return { ...state, steps: [...state.steps.filter(({ step }) => step !== entry.step), entry] };
}
