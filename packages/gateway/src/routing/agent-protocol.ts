import type { Agent } from "../agents/index.ts";

/** What one call to an agent came to; `body` is JSON. */
export type AgentOutcome = ({ ok: true; body: string } | { ok: false; failure: AgentFailure }) & {
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
}

/** A task on its way to an agent. */
export interface AgentCall {
  /** Never rejects. */
  readonly outcome: Promise<AgentOutcome>;
  /** Tears the call down; the outcome becomes a `cancelled` failure unless it is known already. */
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
  responseBytesMax: number;
}

/** One language that agents speak. */
export interface AgentProtocol {
  /** Sends a task and collects the answer. */
  send(agent: Agent, task: OutgoingTask): AgentCall;
  /** Sends a task and hands out pieces of the answer as they arrive; a promise from `onChunk` holds the agent back. */
  stream(agent: Agent, task: OutgoingTask, onChunk: (text: string) => void | Promise<void>): AgentCall;
}
