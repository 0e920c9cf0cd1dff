import type { Dialect } from "kysely";
import type { Statement, StatementResult } from "./statement.ts";

export type EngineName = "sqlite" | "postgres";

/** How busy an engine is at this moment. */
export interface EngineLoad {
  /** Connections at most; of SQLite, the one thread. */
  connectionsMax: number;
  busy: number;
  idle: number;
  /** Statements and transactions that wait for one. */
  waiting: number;
}

/** What both engines can do beneath Kysely. */
export interface Engine {
  readonly name: EngineName;
  readonly dialect: Dialect;
  /** The same for the look at other nodes' changes, which does not wait for what is asked statement by statement; undefined where it has to. */
  readonly feedDialect?: Dialect;
  load(): EngineLoad;
  /** Runs the statements in order in one transaction and one round trip. All happen, or none. */
  batch(statements: readonly Statement[]): Promise<StatementResult[]>;
  /**
   * One write transaction in two round trips: runs `reads`, hands their results to `decide`, runs the writes it returns and
   * commits. `decide` must be quick and synchronous, for locks are held while it runs; if it throws, nothing happened.
   */
  transact<T>(reads: readonly Statement[], decide: (results: StatementResult[]) => Decision<T>): Promise<T>;
}

export interface Decision<T> {
  readonly writes: readonly Statement[];
  readonly value: T;
}
