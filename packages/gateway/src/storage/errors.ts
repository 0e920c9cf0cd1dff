/** The connection was lost while a commit was under way: the transaction may have happened or not. */
export class UnknownOutcomeError extends Error {
  override readonly name = "UnknownOutcomeError";
}

/** Too many statements are waiting for the database; nothing of this one happened. */
export class StorageOverloadedError extends Error {
  override readonly name = "StorageOverloadedError";
}

/** The database is closed, or its thread died; statements under way have an unknown outcome. */
export class StorageClosedError extends Error {
  override readonly name = "StorageClosedError";
}

/** An error that SQLite answered, carried across the thread. `errcode` is the extended result code. */
export class SqliteError extends Error {
  override readonly name = "SqliteError";
  readonly code = "ERR_SQLITE_ERROR";
  readonly errcode: number;

  constructor(message: string, errcode: number, sql: string | undefined) {
    super(sql === undefined ? message : `${message} in: ${sql.slice(0, 200)}`);
    this.errcode = errcode;
  }
}

const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
const SQLITE_CONSTRAINT_UNIQUE = 2067;
const POSTGRES_UNIQUE_VIOLATION = "23505";

/**
 * Whether the same statements may succeed later: the database was busy, away or overloaded, or a lock could not be had.
 * PostgreSQL 15, appendix A: classes 08, 40, 53, 55 and 57. An error without any SQLSTATE came from the connection.
 */
export function isTransient(error: unknown): boolean {
  if (error instanceof UnknownOutcomeError || error instanceof StorageOverloadedError) return true;
  if (error instanceof SqliteError) return [SQLITE_BUSY, SQLITE_LOCKED].includes(error.errcode & 0xff);
  if (!(error instanceof Error) || error instanceof StorageClosedError || error instanceof TypeError) return false;
  const { code } = error as { code?: unknown };
  if (isStalePlan(error)) return true;
  return typeof code === "string"
    ? /^(08|40|53|55|57)...$|^E[A-Z]+$/.test(code)
    : /connection|timeout/i.test(error.message);
}

/** Whether the database said so: it is no fault of anyone whom the gateway talked to meanwhile. */
export function isStorageError(error: unknown): boolean {
  const kinds = [SqliteError, UnknownOutcomeError, StorageOverloadedError, StorageClosedError];
  if (kinds.some((kind) => error instanceof kind)) return true;
  // What node-postgres hands on: an SQLSTATE beside the server's severity.
  const { code, severity } = Object(error) as { code?: unknown; severity?: unknown };
  return error instanceof Error && typeof code === "string" && typeof severity === "string";
}

/** A connection prepared the statement before a newer node changed the table: PostgreSQL wants it prepared anew. */
export function isStalePlan(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === "0A000" && /cached plan/.test(String(message));
}

/**
 * Whether the error says that a row with the same unique value exists already. With `column` ("orgs.name"), whether it was
 * that column, or one of the columns, of the violated key.
 */
export function isUniqueViolation(error: unknown, column?: string): boolean {
  const columns = violatedColumns(error);
  return columns !== undefined && (column === undefined || columns.includes(column));
}

function violatedColumns(error: unknown): string[] | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode, table, detail } = error as Error & Record<string, unknown>;
  if (errcode === SQLITE_CONSTRAINT_UNIQUE || errcode === SQLITE_CONSTRAINT_PRIMARYKEY) {
    const names = /UNIQUE constraint failed: ([\w., ]+)/.exec(error.message)?.[1];
    return names?.split(", ").map((name) => name.replace(/ in$/, "")) ?? [];
  }
  if (code === POSTGRES_UNIQUE_VIOLATION) {
    const names = /^Key \((.+?)\)=/.exec(String(detail))?.[1];
    return names?.split(", ").map((name) => `${table}.${name}`) ?? [];
  }
  return undefined;
}
