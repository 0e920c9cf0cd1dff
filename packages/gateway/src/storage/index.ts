export { KeyedStatement, RowInsert } from "./bulk.ts";
export type { Changed, ChangeFeed, Note } from "./change-feed.ts";
export type { Decision, EngineName } from "./engine.ts";
export {
  DatabaseOpenError,
  isStorageError,
  isTransient,
  isUnavailable,
  isUniqueViolation,
  StorageAwayError,
  StorageClosedError,
  StorageOverloadedError,
  troubleOf,
  UnknownOutcomeError,
  unavailability,
} from "./errors.ts";
export { countWhere, lockingRow, sharedNow, sumOf } from "./expressions.ts";
export type { ObservedStatement, OnStatement } from "./observed.ts";
export type * from "./schema/index.ts";
export { sqliteFile } from "./sqlite/sqlite-engine.ts";
export type { Statement, StatementResult } from "./statement.ts";
export { openStorage, type Storage, type StorageOptions } from "./storage.ts";
