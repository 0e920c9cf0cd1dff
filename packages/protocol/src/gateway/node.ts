/** A node of the gateway. */
export interface GatewayNode {
  /** Of this run of it. */
  id: string;
  name: string;
  version: string;
  started_at: string;
  last_seen_at: string;
  /** Seen within the last 35 seconds. */
  lives: boolean;
  /** It is the one that answered. */
  answers: boolean;
  load: {
    /** Processors that it uses. */
    cpu: number;
    memory_bytes: number;
    /** How late its event loop ran what was due, milliseconds: 99 of 100 times at most, and the longest. Null before it was looked at. */
    loop_p99_ms?: number | null;
    loop_max_ms?: number | null;
    /** By how much its clock is ahead of the database's; without one, of the time that has passed since its start. Milliseconds. */
    clock_ahead_ms?: number;
    /** Tasks under way; and what waits: for the ledger, to be logged, to be told, for a connection, for the database. */
    queues?: Partial<Record<"tasks" | "ledger" | "call_log" | "webhooks" | "connections" | "database", number>>;
  };
  /** What this node alone does now. */
  leases: string[];
}

/** A setting of the node that answered. */
export interface GatewaySetting {
  name: string;
  env: string;
  /** Secrets are masked; null when it is not set. */
  value: unknown;
  source: "environment" | "option" | "default";
  default: string;
  help: string;
  /** What is risky in the value that is in force, in a sentence; null where nothing is. */
  risk?: string | null;
}

/** Where the call log is written for good. */
export interface LogSink {
  /** The target, without credentials. */
  name: string;
  /** A node has written to it, or tried to, within a day. */
  lives: boolean;
  /** Rows that it took, those among them that it was given twice. */
  taken: number;
  /** Rows that the log forgot before it took them. */
  lost: number;
  written_at: string | null;
  /** When the oldest call was made that it has not taken, while it fails. */
  waiting_since: string | null;
  /** What it fails with; null while it does not. */
  trouble: string | null;
}
