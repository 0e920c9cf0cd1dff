import type { LoggedCall } from "../call-log/index.ts";

/** Where rows of the log are written for good. */
export interface LogSink {
  /** By which operators know it; no secrets. */
  readonly name: string;
  /** How long rows may wait before they are written, in milliseconds. */
  readonly everyMs: number;
  begin(): SinkBatch;
  /** What went wrong, in words for the operator: without secrets. */
  describe(error: unknown): string;
  close(): Promise<void>;
}

/** Rows that are written together. What is in it stays the same once it is delivered for the first time. */
export interface SinkBatch {
  add(calls: readonly LoggedCall[]): Promise<void>;
  /** It takes no more. */
  readonly isFull: boolean;
  /**
   * Settles when the sink has all of it for good. After it was rejected it can be tried again, and may leave rows twice.
   *
   * @param over cuts it off
   */
  deliver(over: AbortSignal): Promise<void>;
  /** Forgets it, delivered or not. */
  discard(): Promise<void>;
}
