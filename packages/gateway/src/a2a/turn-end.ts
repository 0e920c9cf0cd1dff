import type { TaskState } from "@agentgate/protocol/a2a";
import { OutboundError } from "../outbound/index.ts";
import type { AgentFailure, AgentOutcome } from "../routing/index.ts";
import type { PaidTasks } from "./paid-tasks.ts";
import { isPayable } from "./task-facts.ts";

/** How the agent's turn in a call has ended, as far as the gateway could learn. */
export type TurnEnd =
  /** The agent said so. */
  | { kind: "told"; state: TaskState; taskId: string }
  /** With a message in place of a task. */
  | { kind: "message" }
  /** The call's time was over, and the agent still at work. */
  | { kind: "working"; taskId: string }
  /** The agent broke off, or answered with an error. */
  | { kind: "failed"; failure: AgentFailure; taskId: string | undefined }
  /** The caller had left, and afterwards the agent could not, or would not, tell. */
  | { kind: "lost"; failure: AgentFailure; isGone: boolean; taskId: string | undefined };

/** A call that somebody pays for. */
export interface PaidCall {
  tasks: PaidTasks;
  agentId: string;
  /** In the ledger. */
  hold: string;
}

/** What has become of the answer at the caller. */
export interface Delivery {
  /** The caller has a piece of it. */
  hasBegun: boolean;
  /** JSON, for a repetition under the same Idempotency-Key. */
  body: string;
}

/**
 * The one rule of money for A2A (contract section 4): a completed turn is paid for, and so is one that is still under way when the call's
 * time is over. One that failed is not, whatever it had sent. What was stopped, or cannot be learned, because its caller left, is paid
 * for if the caller had a piece of it by then, on whatever way; if not it is released, and nothing of it is told afterwards.
 */
export function outcomeOf(
  end: TurnEnd,
  { hasBegun, body }: Delivery,
  paid: PaidCall | undefined,
): AgentOutcome | Promise<AgentOutcome> {
  switch (end.kind) {
    case "message":
      return { ok: true, body };
    case "working":
      return { ok: true, body, taskId: end.taskId };
    case "failed":
      return { ok: false, failure: end.failure, ...named(end.taskId) };
    case "told": {
      const { state, taskId } = end;
      if (isPayable(state, hasBegun)) return { ok: true, body, taskId };
      const failure = { ok: false, failure: failureOfState(state), taskId } as const;
      return state === "TASK_STATE_CANCELED" ? releasedOr(failure, { ok: true, body, taskId }, paid) : failure;
    }
    case "lost": {
      const { failure, isGone, taskId } = end;
      const released = { ok: false, failure, ...named(taskId) } as const;
      if (isGone || taskId === undefined) return released;
      const partial = { ok: true, body, taskId, isPartial: true } as const;
      return hasBegun ? partial : releasedOr(released, partial, paid);
    }
  }
}

/** Nothing was delivered in answer to the call itself; what was in another way is known where it was. */
function releasedOr(
  released: AgentOutcome & { taskId?: string },
  settled: AgentOutcome,
  paid: PaidCall | undefined,
): AgentOutcome | Promise<AgentOutcome> {
  const { taskId } = released;
  if (!paid || taskId === undefined) return released;
  return paid.tasks.close(paid.agentId, taskId, paid.hold).then((isReleased) => (isReleased ? released : settled));
}

const named = (taskId: string | undefined) => (taskId === undefined ? {} : { taskId });

function failureOfState(state: TaskState): AgentFailure {
  const word = state.replace("TASK_STATE_", "").toLowerCase();
  return { status: 502, detail: `The agent ended the task as ${word}`, logged: `task_${word}` };
}

/** Nobody is there any more: an agent that is, however it answers, has not died. */
export const isGone = (error: unknown): boolean =>
  OutboundError.isInstance(error) && (error.kind === "connect" || error.kind === "refused_address");
