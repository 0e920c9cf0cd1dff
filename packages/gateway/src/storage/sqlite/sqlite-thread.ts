import { Worker } from "node:worker_threads";
import type { EngineLoad } from "../engine.ts";
import { SqliteError, StorageClosedError, StorageOverloadedError, UnknownOutcomeError } from "../errors.ts";
import type { SqlValue, Statement, StatementResult } from "../statement.ts";
import type { SqliteFailure, SqliteReply, SqliteRequest, SqliteWorkerData } from "./messages.ts";
import { SlowStatements } from "./slow-statements.ts";

/** Who sends statements; a transaction belongs to one session. */
export type Session = object;

interface Job {
  session: Session;
  statements: readonly Statement[];
  begin: boolean;
  end: "commit" | "rollback" | undefined;
  /** A question that takes long, and stands outside of transactions. */
  isSlow: boolean;
  /** Length of the texts among the parameters. */
  size: number;
  resolve(results: StatementResult[]): void;
  reject(error: Error): void;
}

export interface SqliteThreadOptions extends SqliteWorkerData {
  /** Told of every statement that failed. */
  onError?(error: unknown): void;
  /** Statements waiting or running, before more are refused with `StorageOverloadedError`. */
  queueMax: number;
  /** Of these, questions that take long. */
  slowMax?: number;
  /** What the texts among the parameters of all these may have, in characters. */
  sizeMax?: number;
}

const SLOW_WAITING_MAX = 256;
const SIZE_MAX = 256 * 1_048_576;

/**
 * The gateway's end of the SQLite thread. Statements outside transactions go to the thread at once; while a session's
 * transaction is open, everyone else's wait, in order. Of questions that take long, one is with the thread at a time, so that a payment waits
 * for one of them at most, however many are asked.
 */
export class SqliteThread {
  readonly #worker: Worker;
  readonly #queueMax: number;
  readonly #onError: (error: unknown) => void;
  /**
   * With the thread, in the order in which it answers. Not a map: each time one makes itself anew V8 lets the table of before point to the one
   * after, so that from a table that got old on all are found alive, and with them the answers of jobs that were under way at that moment.
   */
  #running: Job[] = [];
  readonly #slow = new SlowStatements();
  readonly #slowMax: number;
  readonly #sizeMax: number;
  #waiting: Job[] = [];
  #slowWaiting: Job[] = [];
  #isSlowRunning = false;
  #size = 0;
  #holder: Session | undefined;
  #dead: StorageClosedError | undefined;
  readonly #exited: Promise<void>;

  private constructor(options: SqliteThreadOptions) {
    const { queueMax, slowMax = SLOW_WAITING_MAX, sizeMax = SIZE_MAX, onError = () => {}, ...workerData } = options;
    this.#queueMax = queueMax;
    this.#slowMax = slowMax;
    this.#sizeMax = sizeMax;
    this.#onError = onError;
    this.#worker = new Worker(new URL("./sqlite-worker.js", import.meta.url), { workerData, execArgv: [] });
    this.#worker.on("message", (message: SqliteReply | "open") => message !== "open" && this.#settle(message));
    this.#exited = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.#worker.on("error", (error) => this.#die("the SQLite thread failed", error));
    this.#worker.on("exit", () => this.#die("the database is closed"));
  }

  static async open(options: SqliteThreadOptions): Promise<SqliteThread> {
    const thread = new SqliteThread(options);
    await new Promise<void>((resolve, reject) => {
      thread.#worker.once("message", () => resolve());
      thread.#worker.once("error", (cause) => reject(new Error(`cannot open ${options.file}`, { cause })));
    });
    return thread;
  }

  /**
   * Runs statements in order. `begin` opens a write transaction that stays with the session until `end`; with both, the
   * request is a transaction of its own. After an error with `begin` or `end`, no transaction is open.
   */
  run(
    session: Session,
    statements: readonly Statement[],
    { begin = false, end }: { begin?: boolean; end?: "commit" | "rollback" } = {},
  ): Promise<StatementResult[]> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return reject(this.#dead);
      if (end === "rollback" && this.#holder !== session) return resolve([]);
      const size = sizeOf(statements);
      const isSlow = this.#isSlow(session, statements, begin);
      if (this.#holder !== session) {
        const excess = this.#excess(size, isSlow);
        if (excess) return reject(new StorageOverloadedError(excess));
      }
      const job: Job = { session, statements, begin, end, isSlow, size, resolve, reject };
      this.#size += size;
      if (this.#mayStart(job)) this.#start(job);
      else (isSlow ? this.#slowWaiting : this.#waiting).push(job);
    });
  }

  /** Whether the thread has anything to do, and how much it will have. */
  load(): EngineLoad {
    const inside = this.#running.length;
    const waiting = this.#waiting.length + this.#slowWaiting.length + Math.max(0, inside - 1);
    return { connectionsMax: 1, busy: Math.min(1, inside), idle: inside === 0 ? 1 : 0, waiting };
  }

  async close(): Promise<void> {
    if (!this.#dead) this.#worker.postMessage("close");
    await this.#exited;
  }

  #isSlow(session: Session, statements: readonly Statement[], begin: boolean): boolean {
    return !begin && this.#holder !== session && statements.length === 1 && this.#slow.isSlow(statements[0]!.sql);
  }

  /** Why no more can be taken. */
  #excess(size: number, isSlow: boolean): string | undefined {
    if (this.#running.length + this.#waiting.length + this.#slowWaiting.length >= this.#queueMax) {
      return `${this.#queueMax} statements wait for the database already`;
    }
    if (isSlow && this.#slowWaiting.length >= this.#slowMax) return `${this.#slowMax} long questions wait already`;
    return this.#size + size > this.#sizeMax ? "what waits for the database is too large already" : undefined;
  }

  #mayStart(job: Job): boolean {
    if (job.isSlow && this.#isSlowRunning) return false;
    return this.#holder === undefined || this.#holder === job.session;
  }

  #startSlow(): void {
    const next = this.#slowWaiting[0];
    if (!next || !this.#mayStart(next)) return;
    this.#slowWaiting.shift();
    this.#start(next);
  }

  #start(job: Job): void {
    const texts = new Map<string, number>();
    const calls = job.statements.map(({ sql, parameters, runs = 1 }) => {
      let text = texts.get(sql);
      if (text === undefined) {
        text = texts.size;
        texts.set(sql, text);
      }
      return { text, parameters: parameters as SqlValue[], runs };
    });
    if (job.isSlow) this.#isSlowRunning = true;
    const { begin, end } = job;
    const within = this.#holder === job.session;
    this.#worker.postMessage({ texts: [...texts.keys()], calls, begin, within, end } satisfies SqliteRequest);
    // What cannot be sent is not answered.
    this.#running.push(job);
    if (begin && !end) this.#holder = job.session;
    if (end) this.#release(job.session);
  }

  #settle(reply: SqliteReply): void {
    const job = this.#running.shift()!;
    this.#size -= job.size;
    if (job.statements.length === 1) this.#slow.took(job.statements[0]!.sql, reply.tookMs);
    if (job.isSlow) {
      this.#isSlowRunning = false;
      this.#startSlow();
    }
    if ("results" in reply) {
      job.resolve(reply.results);
      return;
    }
    if (job.begin) this.#release(job.session);
    const error = errorOf(reply.error, job);
    this.#onError(error);
    job.reject(error);
  }

  #release(session: Session): void {
    if (this.#holder !== session) return;
    this.#holder = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const job of waiting) {
      if (this.#mayStart(job)) this.#start(job);
      else this.#waiting.push(job);
    }
    this.#startSlow();
  }

  #die(message: string, cause?: Error): void {
    if (this.#dead) return;
    this.#dead = new StorageClosedError(message, { cause });
    for (const job of [...this.#running, ...this.#waiting, ...this.#slowWaiting]) job.reject(this.#dead);
    this.#running = [];
    this.#waiting = [];
    this.#slowWaiting = [];
  }
}

const SQLITE_IOERR = 10;

function errorOf({ message, errcode, sql }: SqliteFailure, { end }: Job): Error {
  if (!errcode) return new Error(message);
  const error = new SqliteError(message, errcode, sql);
  // The commit may have reached the file before the disk failed, and would then be found there by the next start.
  if (end !== "commit" || (errcode & 0xff) !== SQLITE_IOERR) return error;
  return new UnknownOutcomeError("the disk failed during a commit", { cause: error });
}

function sizeOf(statements: readonly Statement[]): number {
  let size = 0;
  for (const { parameters } of statements) {
    for (const value of parameters) if (typeof value === "string") size += value.length;
  }
  return size;
}
