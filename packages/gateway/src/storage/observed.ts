import type { LogEvent } from "kysely";
import type { Clock } from "../runtime/index.ts";
import type { Engine } from "./engine.ts";
import type { Statement } from "./statement.ts";

/** A statement, or a transaction of several in one round trip, that has ended. */
export interface ObservedStatement {
  sql: string;
  /** Milliseconds, with what it waited for others. */
  ms: number;
}

export type OnStatement = (statement: ObservedStatement) => void;

/** Kysely's own statements. */
export const observeQueries =
  (onStatement: OnStatement) =>
  ({ query, queryDurationMillis }: LogEvent): void =>
    onStatement({ sql: query.sql, ms: queryDurationMillis });

/** The engine, whose batches and transactions are told of as well. */
export function observeEngine(engine: Engine, clock: Clock, onStatement: OnStatement): Engine {
  const timed = async <T>(statements: readonly Statement[], work: Promise<T>): Promise<T> => {
    const startedAt = clock.monotonic();
    const tell = () => {
      onStatement({ sql: statements.map(({ sql }) => sql).join(";\n"), ms: clock.monotonic() - startedAt });
    };
    return work.finally(tell);
  };
  return {
    ...engine,
    batch: (statements) => timed(statements, engine.batch(statements)),
    transact: (reads, decide) => timed(reads, engine.transact(reads, decide)),
  };
}
