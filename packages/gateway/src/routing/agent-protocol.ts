import type { Agent, AgentSkill } from "../agents/index.ts";
import type { CallMeter } from "./call-meter.ts";
import type { TaskRequest } from "./task.ts";

/**
 * What one call to an agent came to; `body` is JSON. It is partial when the caller left after a piece of it had been delivered: then it
 * is paid for, and `body` says nothing. It is free when the agent asked back and did nothing yet: what was put aside is released.
 */
export type AgentOutcome = (
  | { ok: true; body: string; isPartial?: boolean; isFree?: boolean }
  | { ok: false; failure: AgentFailure }
) & {
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
  /** What programs are told beside the words. */
  members?: Readonly<Record<string, unknown>>;
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
  /** Id of the skill that it is for, which is what is paid for; undefined where it names none. */
  skillId: string | undefined;
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
  /** Told of the agent's task as soon as it is known, and is the caller's: one that goes on with a task is not told of it again. */
  onTask?: ((task: { taskId: string; contextId: string }) => void) | undefined;
  /** Takes what the agent says of its state on the way, as `onChunk` takes pieces of the answer. */
  onStatus?: ChunkSink | undefined;
  /** Names what the caller wants done once: its Idempotency-Key, else this call. */
  onceKey: string;
  /** Told in words how far the agent is: no piece of the answer. */
  onProgress?: ((text: string) => void) | undefined;
}

/**
 * Takes a piece of an answer on its way to the caller. Answers, at once or when a caller who lags has caught up, whether the caller has
 * it: whether its connection, still open, has taken it all.
 */
export type ChunkSink = (text: string) => boolean | Promise<boolean>;

/** A task as it is read for what it asks for. */
export interface AskedTask {
  /** The task's object, and its body as it came: an A2A entrance's parameters, in any dialect. */
  request: TaskRequest;
  /** Whose task it is. */
  callerScope: string;
  /** All that the agent has, also those that are not offered. */
  skills: readonly AgentSkill[];
}

/** What a task asks for, as its agent's language has it. */
export interface TaskOrder {
  /** Undefined for none in particular, which costs what the agent does. */
  skill: AgentSkill | undefined;
  /** What is sent to the agent in place of the task's own body; that by default. */
  body?: string;
}

/** One language that agents speak. */
export interface AgentProtocol {
  /**
   * Which skill a task is for, where the language has a rule of its own for that; else its metadata names it. Asked before the price is
   * put aside.
   * @throws Problem 422 with findings for a task that is for none of them, or does not fit it
   */
  order?(agent: Agent, asked: AskedTask): TaskOrder | Promise<TaskOrder>;
  /** Sends a task and collects the answer. */
  send(agent: Agent, task: OutgoingTask): AgentCall;
  /** Sends a task and hands out pieces of the answer as they arrive; a promise from `onChunk` holds the agent back. */
  stream(agent: Agent, task: OutgoingTask, onChunk: ChunkSink): AgentCall;
}
