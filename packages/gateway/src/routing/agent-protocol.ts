import type { Agent } from "../agents/index.ts";
import type { CallMeter } from "./call-meter.ts";

/**
 * What one call to an agent came to; `body` is JSON. It is partial when the caller left after a piece of it had been delivered: then it
 * is paid for, and `body` says nothing.
 */
export type AgentOutcome = ({ ok: true; body: string; isPartial?: boolean } | { ok: false; failure: AgentFailure }) & {
  /** The agent's name for the task, where the caller gave none. */
  taskId?: string;
};

/** A failed call, as the outcome table of contract section 4 has it. */
export interface AgentFailure {
  /** Status for the caller. */
  status: number;
  /** Words for the caller. */
  detail: string;
  /** `error_detail` of the log row, and the metrics' error type. */
  logged: string;
  /** What the agent answered, when it answered. */
  upstreamStatus?: number;
  /** When the agent wants to be asked again, in its own words: seconds, or a date. */
  retryAfter?: string;
}

/** A task on its way to an agent. */
export interface AgentCall {
  /** Never rejects. */
  readonly outcome: Promise<AgentOutcome>;
  /**
   * The caller has left: tears the call down. Unless the outcome is known already, it becomes a partial answer if the caller had taken a
   * piece, and a `cancelled` failure if not.
   */
  abort(): void;
}

export interface OutgoingTask {
  /** The task as JSON. */
  body: string;
  /** Tracing and chain headers; never the caller's credentials. */
  headers: Record<string, string>;
  /** Whose task it is, as the agent's other tasks are kept apart by. */
  callerScope: string;
  timeoutMs: number;
  /**
   * When the outcome has to be known, by the monotonic clock: whatever is waited for, watched or asked again on the way ends before. The
   * price stays put aside for a margin longer.
   */
  endsAt: number;
  /** Of the price that is put aside for it; null when nobody pays. */
  holdId: string | null;
  responseBytesMax: number;
  /** Told of what comes of the agent's answers. */
  meter: CallMeter;
}

/**
 * Takes a piece of an answer on its way to the caller. Answers, at once or when a caller who lags has caught up, whether the caller has
 * it: whether its connection, still open, has taken it all.
 */
export type ChunkSink = (text: string) => boolean | Promise<boolean>;

/** One language that agents speak. */
export interface AgentProtocol {
  /** Sends a task and collects the answer. */
  send(agent: Agent, task: OutgoingTask): AgentCall;
  /** Sends a task and hands out pieces of the answer as they arrive; a promise from `onChunk` holds the agent back. */
  stream(agent: Agent, task: OutgoingTask, onChunk: ChunkSink): AgentCall;
}
