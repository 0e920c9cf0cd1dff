import { PostgresDialect } from "kysely";
import pg from "pg";
import type { Log } from "../../runtime/index.ts";
import type { Decision, Engine } from "../engine.ts";
import {
  isStalePlan,
  StorageAwayError,
  StorageClosedError,
  StorageOverloadedError,
  UnknownOutcomeError,
} from "../errors.ts";
import { Lane } from "../lane.ts";
import { assertPortable, type Statement, type StatementResult } from "../statement.ts";
import { ask } from "./ask.ts";
import { StatementNames } from "./statement-names.ts";

export interface PostgresEngineOptions {
  databaseUrl: string;
  log: Log;
  /** Milliseconds that an answer may take, 12 s by default; 0 lets statements take as long as they take, for what is done once. */
  patienceMs?: number;
  /** Told of every statement that failed, and of connections that could not be had. */
  onError(error: unknown): void;
}

/** More than a statement may take there, so that it is the server that ends it, unless it is gone. */
const PATIENCE_MS = 12_000;

const begin: Statement = { sql: "begin", parameters: [] };
const commit: Statement = { sql: "commit", parameters: [] };
/** Who may wait for a connection. */
const queueMax = 10_000;
/**
 * Of ten connections, what is asked statement by statement has six, and questions whose text is one of many, as searches are, have two
 * besides: the batches of the ledger and the logs always find one, and look-ups are not held up by searches. The look at other nodes' changes has
 * one more: however much is asked, a key that another node ended is ended here.
 */
const connectionsMax = 10;
const ordinaryMax = 6;
const rareMax = 2;
const feedMax = 1;

/** A bounded pool on `databaseUrl`. Connections pipeline, so that a batch is one round trip. */
export async function openPostgresEngine({
  databaseUrl,
  log,
  patienceMs = PATIENCE_MS,
  onError,
}: PostgresEngineOptions): Promise<Engine> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: "agentgate",
    max: connectionsMax,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    // Nothing that the gateway asks takes as long, but what has gone wrong.
    ...(patienceMs > 0 && { statement_timeout: 10_000 }),
    idle_in_transaction_session_timeout: 15_000,
    keepAlive: true,
    pipeline: true,
    types: { getTypeParser: bigintParser as typeof pg.types.getTypeParser },
  });
  const ordinary = new Lane(ordinaryMax, queueMax);
  const rare = new Lane(rareMax, queueMax);
  const feed = new Lane(feedMax, queueMax);
  // A connection that breaks while in use rejects its statements; without a listener it would end the process as well.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("error", (error) => log.warn({ err: error }, "an idle database connection was lost"));
  const names = new StatementNames(256);

  const query: Asking = async (client, asked) => {
    try {
      return await ask(client, asked, patienceMs);
    } catch (reason) {
      // Where it was asked for; the driver knows where the answer was read.
      if (reason instanceof Error) Error.captureStackTrace(reason);
      const error = fromDriver(reason);
      onError(error);
      throw error;
    }
  };

  const send = async (client: pg.PoolClient, statements: readonly Statement[]): Promise<pg.QueryResult[]> => {
    const queries = statements.map(({ sql, parameters, isRare }) => {
      // Without parameters (begin, commit) the simple protocol is one message instead of four.
      const name = parameters.length > 0 && !isRare ? names.of(sql) : undefined;
      return query(client, { text: sql, values: holdable(parameters), ...(name !== undefined && { name }) });
    });
    const settled = await Promise.allSettled(queries);
    // The first failure is the cause; those behind it only say that the transaction is aborted.
    for (const outcome of settled) if (outcome.status === "rejected") throw outcome.reason;
    return settled.map((outcome) => (outcome as PromiseFulfilledResult<pg.QueryResult>).value);
  };

  const connect = async (): Promise<pg.PoolClient> => {
    if (pool.ending) throw new StorageClosedError("the database is closed");
    if (pool.waitingCount >= queueMax) throw new StorageOverloadedError(`${queueMax} wait for the database already`);
    try {
      return await pool.connect();
    } catch (reason) {
      const error = new StorageAwayError(`no connection to the database: ${(reason as Error).message}`, {
        cause: reason,
      });
      onError(error);
      throw error;
    }
  };
  const clientOf = (lane: Lane) => async () => {
    await lane.enter();
    try {
      return new LaneClient(await connect(), query, () => lane.leave());
    } catch (error) {
      lane.leave();
      throw error;
    }
  };

  const withClient = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await connect();
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = !isServerError(error) || isStalePlan(error);
      throw error;
    } finally {
      // A connection whose transaction is still open, or that cannot say, is not handed to anyone else.
      client.release(broken || client.getTransactionStatus() !== "I");
    }
  };

  const commitWith = async (client: pg.PoolClient, statements: readonly Statement[]): Promise<pg.QueryResult[]> => {
    let results: pg.QueryResult[];
    try {
      results = await send(client, [...statements, commit]);
    } catch (error) {
      if (isServerError(error)) throw error;
      throw new UnknownOutcomeError("the database connection was lost during a commit", { cause: error });
    }
    const ended = results.pop()!;
    if (ended.command !== "COMMIT") throw new Error(`the transaction ended with ${ended.command}`);
    return results;
  };

  let ended: Promise<void> | undefined;
  /** Whichever is done with it first: of both, only what was used is told to end. */
  const end = () => {
    ended ??= pool.end();
    return ended;
  };

  return {
    name: "postgres",
    dialect: new PostgresDialect({
      pool: { connect: clientOf(ordinary) as never, end, options: pool.options },
    }),
    feedDialect: new PostgresDialect({
      pool: { connect: clientOf(feed) as never, end, options: pool.options },
    }),

    load: () => ({
      connectionsMax,
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount + ordinary.waiting + rare.waiting,
    }),

    async batch(statements) {
      statements.forEach(assertPortable);
      const run = () =>
        withClient(async (client) => {
          const [, ...results] = await commitWith(client, [begin, ...statements]);
          return results.map(toResult);
        });
      if (!statements.some(({ isRare }) => isRare)) return run();
      await rare.enter();
      return run().finally(() => rare.leave());
    },

    async transact<T>(reads: readonly Statement[], decide: (results: StatementResult[]) => Decision<T>) {
      reads.forEach(assertPortable);
      return withClient(async (client) => {
        try {
          const [, ...results] = await send(client, [begin, ...reads]);
          const { writes, value } = decide(results.map(toResult));
          writes.forEach(assertPortable);
          await commitWith(client, writes);
          return value;
        } catch (error) {
          if (client.getTransactionStatus() !== "I")
            await ask(client, { text: "rollback" }, patienceMs).catch(() => {});
          throw error;
        }
      });
    },
  };
}

/** Hands the driver's errors on as what they mean. */
type Asking = (client: pg.PoolClient, query: pg.QueryConfig) => Promise<pg.QueryResult>;

/** What Kysely needs of a connection. */
class LaneClient {
  readonly #client: pg.PoolClient;
  readonly #query: Asking;
  readonly #left: () => void;

  constructor(client: pg.PoolClient, query: Asking, left: () => void) {
    this.#client = client;
    this.#query = query;
    this.#left = left;
  }

  query(text: string, values?: unknown[]): Promise<pg.QueryResult> {
    return this.#query(this.#client, { text, ...(values && { values: holdable(values) }) });
  }

  release(destroy?: boolean | Error): void {
    this.#client.release(destroy);
    this.#left();
  }
}

/**
 * No text of PostgreSQL holds a NUL. What is to be kept is judged before it comes here; what is looked for by such a name is nobody's, as
 * in the other database, and no fault of this one.
 */
function holdable(values: readonly unknown[]): unknown[] {
  const isHeld = (value: unknown) => typeof value !== "string" || !value.includes("\0");
  return values.every(isHeld)
    ? (values as unknown[])
    : values.map((value) => (isHeld(value) ? value : (value as string).replaceAll("\0", "\ufffd")));
}

/** An error that the server did not send is the connection's; the server's own say what they are. */
function fromDriver(error: unknown): unknown {
  if (error instanceof pg.DatabaseError || error instanceof TypeError) return error;
  return new StorageAwayError(`the connection to the database broke: ${(error as Error).message}`, { cause: error });
}

const INT8 = 20;

/** Every int8, counts included, is read as `bigint`; for this pool alone. */
function bigintParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  return oid === INT8 ? BigInt : pg.types.getTypeParser(oid, format as "text");
}

const toResult = ({ rows, rowCount }: pg.QueryResult): StatementResult => ({ rows, affected: BigInt(rowCount ?? 0) });

/**
 * Whether the server answered with an error, so that the transaction is certainly rolled back. Class 08 (connection) and
 * 57P (shutdown) are not such answers. PostgreSQL 15, appendix A.
 */
function isServerError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return error instanceof pg.DatabaseError && typeof code === "string" && !/^(08|57P)/.test(code);
}
