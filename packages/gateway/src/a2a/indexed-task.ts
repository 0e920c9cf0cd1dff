import type { TaskState } from "@agentgate/protocol/a2a";

/** What the gateway remembers of an agent's task. */
export interface IndexedTask {
  agentId: string;
  taskId: string;
  /** The caller it belongs to. */
  owner: string;
  contextId: string;
  state: TaskState;
  /** Microseconds since the epoch. */
  statusAt: bigint;
  /** In the ledger, of the last call about it that somebody pays for. Left out by who records nothing new of that. */
  hold?: string | undefined;
}

export interface IndexedContext {
  agentId: string;
  contextId: string;
  owner: string;
}
