/** The connection was lost while a commit was under way: the transaction may have happened or not. */
export class UnknownOutcomeError extends Error {
  override readonly name = "UnknownOutcomeError";
}

/** The database cannot be opened, or its tables not be brought up to date; `cause` says why. */
export class DatabaseOpenError extends Error {
  override readonly name = "DatabaseOpenError";
  declare readonly cause: Error;

  constructor(cause: Error) {
    super(cause.message, { cause });
  }
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

/** The database cannot be reached, or the connection broke; nothing of a transaction whose commit was not sent happened. */
export class StorageAwayError extends Error {
  override readonly name = "StorageAwayError";
}

/**
 * What is wrong with the database itself, and no request's fault:
 * `busy` others hold what is needed, or it took too long · `overloaded` too much waits for it · `away` it cannot be reached, or its disk does
 * not work · `full` no room left · `read_only` it takes no writes · `damaged` its file is no sound database.
 */
export type Trouble = "busy" | "overloaded" | "away" | "full" | "read_only" | "damaged";

const SQLITE_CONSTRAINT_PRIMARYKEY = 1555;
const SQLITE_CONSTRAINT_UNIQUE = 2067;
const POSTGRES_UNIQUE_VIOLATION = "23505";

/** By primary result code: https://www.sqlite.org/rescode.html. */
const sqliteTroubles: Readonly<Record<number, Trouble>> = {
  3: "away", // PERM
  5: "busy",
  6: "busy", // LOCKED
  7: "overloaded", // NOMEM
  8: "read_only",
  10: "away", // IOERR
  11: "damaged", // CORRUPT
  13: "full",
  14: "away", // CANTOPEN
  15: "busy", // PROTOCOL: the locks of the write-ahead log
  22: "full", // NOLFS: larger than the file system takes
  26: "damaged", // NOTADB
};

/** By SQLSTATE, the first that it begins with: PostgreSQL 15, appendix A. */
const postgresTroubles: readonly (readonly [string, Trouble])[] = [
  ["08", "away"],
  ["25006", "read_only"],
  ["25P03", "away"], // ended for being idle in a transaction
  ["40", "busy"],
  ["53100", "full"],
  ["53", "overloaded"],
  ["55", "busy"],
  ["57014", "busy"], // it took too long
  ["57", "away"],
  ["58P01", "damaged"], // a file is missing
  ["58", "away"],
  ["XX001", "damaged"],
  ["XX002", "damaged"],
];

/** What is wrong with the database; undefined when the error says something else. Only what the drivers said counts. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (error instanceof UnknownOutcomeError) return troubleOf(error.cause) ?? "away";
  if (error instanceof StorageOverloadedError) return "overloaded";
  if (error instanceof StorageAwayError || error instanceof StorageClosedError) return "away";
  if (error instanceof SqliteError) return sqliteTroubles[error.errcode & 0xff];
  if (!isPostgresError(error)) return undefined;
  if (isStalePlan(error) || isMovedPartition(error)) return "busy";
  return postgresTroubles.find(([prefix]) => error.code.startsWith(prefix))?.[1];
}

const passing: ReadonlySet<Trouble | undefined> = new Set(["busy", "overloaded", "away"]);

/** Whether the same statements may succeed in a moment: the database was busy, away or overloaded, or a lock could not be had. */
export function isTransient(error: unknown): boolean {
  if (error instanceof StorageClosedError) return false;
  return error instanceof UnknownOutcomeError || passing.has(troubleOf(error));
}

/** Whether the database cannot do its work, for a moment or longer: the caller has to come back, and the operator may have to look. */
export const isUnavailable = (error: unknown): boolean => troubleOf(error) !== undefined;

/** What a caller may be told of it. Undefined when the error says nothing about the database. */
export function unavailability(error: unknown): { detail: string; retryAfterSeconds: number } | undefined {
  const trouble = troubleOf(error);
  if (trouble === undefined) return undefined;
  return { detail: sentences[trouble], retryAfterSeconds: passing.has(trouble) ? 1 : 10 };
}

const sentences: Readonly<Record<Trouble, string>> = {
  busy: "The gateway's database is too busy right now; try again",
  overloaded: "The gateway's database is overloaded right now; try again",
  away: "The gateway cannot reach its database right now; try again",
  full: "The gateway's database has no room left, so nothing can be recorded until its operator makes some; try again later",
  read_only: "The gateway's database takes no changes at the moment; try again later",
  damaged: "The gateway's database cannot be read; its operator has to look at it",
};

/** Whether the database said so: it is no fault of anyone whom the gateway talked to meanwhile. */
export function isStorageError(error: unknown): boolean {
  const kinds = [SqliteError, UnknownOutcomeError, StorageOverloadedError, StorageClosedError, StorageAwayError];
  return kinds.some((kind) => error instanceof kind) || isPostgresError(error);
}

/** What node-postgres hands on: an SQLSTATE beside the server's severity. */
function isPostgresError(error: unknown): error is Error & { code: string; severity: string } {
  const { code, severity } = Object(error) as { code?: unknown; severity?: unknown };
  return error instanceof Error && typeof code === "string" && typeof severity === "string";
}

/**
 * The row was on its way to the partition of what has none, and meanwhile its place was given one: written again, it goes there. Other than a
 * check's, this refusal names no constraint (ExecPartitionCheckEmitError in PostgreSQL's executor); its words depend on the server's language.
 */
function isMovedPartition(error: { code: string }): boolean {
  const { table, constraint } = error as { table?: unknown; constraint?: unknown };
  return error.code === "23514" && constraint === undefined && /_rest$/.test(String(table));
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
    // A partition stands for its table.
    const of = String(table).replace(/_(?:d\d{8}|rest|before)$/, "");
    return names?.split(", ").map((name) => `${of}.${name}`) ?? [];
  }
  return undefined;
}
