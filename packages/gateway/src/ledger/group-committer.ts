import { type Clock, type Log, microsNow } from "../runtime/index.ts";
import { isTransient, isUnavailable, StorageClosedError, UnknownOutcomeError } from "../storage/index.ts";
import { Book } from "./book.ts";
import { companionsOf } from "./budget.ts";
import { LedgerError } from "./errors.ts";
import type { FailPointHook } from "./fail-point.ts";
import type { Head } from "./journal.ts";
import type { JournalTime } from "./journal-time.ts";
import type { Done, Operation, Outcome } from "./operation.ts";
import { applyAll } from "./rules.ts";
import type { LedgerStore, Needs } from "./store.ts";

export interface GroupCommitterOptions {
  store: LedgerStore;
  /** Its wall time dates the rows; it decides nothing. */
  clock: Clock;
  time: JournalTime;
  log: Log;
  failPoint?: FailPointHook | undefined;
  /** Operations in one transaction. */
  batchMax?: number;
  /** Operations waiting, before more are refused as `overloaded`. */
  queueMax?: number;
  /** How long a batch is tried again while the database is away, before it is answered as `unavailable`. */
  patienceMs?: number;
}

/** What a committer has done since the start, and has to do. */
export interface CommitterLoad {
  batches: number;
  operations: number;
  /** Batches that were tried again. */
  retries: number;
  waiting: number;
}

interface Item {
  /** Undefined asks only for what every batch does, to resolve the holds that are due, and that the journal's time is kept. */
  operation: Operation | undefined;
  resolve(done: Done | undefined): void;
  reject(error: unknown): void;
}

/**
 * Makes many concurrent operations durable in one transaction: while one batch commits, the next one gathers. Operations
 * take effect in the order in which they were submitted.
 */
export class GroupCommitter {
  readonly #store: LedgerStore;
  readonly #clock: Clock;
  readonly #time: JournalTime;
  readonly #log: Log;
  readonly #failPoint: FailPointHook | undefined;
  readonly #batchMax: number;
  readonly #queueMax: number;
  readonly #patienceMs: number;
  #queue: Item[] = [];
  #running: Promise<void> | undefined;
  #closed = false;
  #batches = 0;
  #operations = 0;
  #retries = 0;

  constructor(options: GroupCommitterOptions) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#time = options.time;
    this.#log = options.log;
    this.#failPoint = options.failPoint;
    this.#batchMax = options.batchMax ?? 256;
    this.#queueMax = options.queueMax ?? 20_000;
    this.#patienceMs = options.patienceMs ?? 5_000;
  }

  get load(): CommitterLoad {
    return {
      batches: this.#batches,
      operations: this.#operations,
      retries: this.#retries,
      waiting: this.#queue.length,
    };
  }

  /** @throws LedgerError when refused; whatever a statement `alongside` failed with. */
  submit(operation: Operation): Promise<Done> {
    return this.#enqueue(operation) as Promise<Done>;
  }

  /** Resolves holds that are due, at most one batch of them, and writes down how late it is in the journal. */
  async sweep(): Promise<void> {
    await this.#enqueue(undefined);
  }

  /** Refuses new operations and waits for those already taken. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  #enqueue(operation: Operation | undefined): Promise<Done | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new LedgerError("unavailable", { outcomeUnknown: false }));
      if (this.#queue.length >= this.#queueMax) return reject(new LedgerError("overloaded", {}));
      this.#queue.push({ operation, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  async #run(): Promise<void> {
    // Everything submitted in the same turn of the event loop shares the first batch.
    await null;
    while (this.#queue.length > 0) await this.#commit(this.#queue.splice(0, this.#batchMax));
    this.#running = undefined;
  }

  async #commit(batch: readonly Item[], mayHaveHappened = false): Promise<void> {
    const giveUpAt = this.#clock.monotonic() + this.#patienceMs;
    let outcomeUnknown = mayHaveHappened;
    for (let delayMs = 10; ; delayMs = Math.min(delayMs * 2, 500)) {
      try {
        return await this.#attempt(batch);
      } catch (error) {
        const closed = error instanceof StorageClosedError;
        outcomeUnknown ||= closed || error instanceof UnknownOutcomeError;
        if (isTransient(error) && this.#clock.monotonic() + delayMs <= giveUpAt) {
          this.#log.warn({ err: error, operations: batch.length }, "the ledger tries a batch again");
          this.#retries++;
          await new Promise<void>((resolve) => this.#clock.after(delayMs, resolve));
          continue;
        }
        const refused = !isUnavailable(error);
        if (refused && batch.length > 1) return await this.#isolate(batch, outcomeUnknown);
        // What the storage itself reports, once and not for each batch, is known.
        if (refused || outcomeUnknown) {
          this.#log.error({ err: error, operations: batch.length, outcomeUnknown }, "the ledger cannot commit");
        }
        if (!refused) this.#refuseWaiting(error);
        const known = refused && !outcomeUnknown;
        const reason = known ? error : new LedgerError("unavailable", { outcomeUnknown }, { cause: error });
        for (const { reject } of batch) reject(reason);
        return;
      }
    }
  }

  /** One operation that the database refuses must not take its neighbours along. */
  async #isolate(batch: readonly Item[], outcomeUnknown: boolean): Promise<void> {
    const half = Math.ceil(batch.length / 2);
    await this.#commit(batch.slice(0, half), outcomeUnknown);
    await this.#commit(batch.slice(half), outcomeUnknown);
  }

  /** Those behind a batch that was given up would only wait as long for the same answer. */
  #refuseWaiting(cause: unknown): void {
    for (const { reject } of this.#queue.splice(0)) {
      reject(new LedgerError("unavailable", { outcomeUnknown: false }, { cause }));
    }
  }

  async #attempt(batch: readonly Item[]): Promise<void> {
    this.#failPoint?.("before-transaction");
    const operations = batch.flatMap(({ operation }) => operation ?? []);
    const keepTime = operations.length < batch.length;
    let head: Head | undefined;
    const outcomes = await this.#store.transact(needsOf(operations, this.#time.now), (loaded) => {
      const book = new Book(loaded, { now: this.#time.see(loaded.head), date: microsNow(this.#clock) });
      const value = applyAll(book, loaded.due, operations);
      const changes = book.changes({ keepTime });
      head = changes?.head;
      this.#failPoint?.("decided-before-write");
      if (this.#failPoint) setImmediate(() => this.#failPoint?.("committing"));
      return { changes, value };
    });
    if (head) this.#time.wrote(head);
    this.#batches++;
    this.#operations += operations.length;
    this.#failPoint?.("after-commit-before-ack");
    const next = outcomes[Symbol.iterator]();
    for (const item of batch) answer(item, item.operation && next.next().value);
  }
}

function answer({ resolve, reject }: Item, outcome: Outcome | undefined): void {
  if (outcome && "error" in outcome) reject(outcome.error);
  else resolve(outcome);
}

function needsOf(operations: readonly Operation[], now: bigint): Needs {
  const accounts = new Set<string>();
  const holds = new Set<string>();
  const keys = new Set<string>();
  for (const operation of operations) {
    if (operation.step === "reserve") accounts.add(operation.account);
    if (operation.step === "settle" || operation.step === "release") {
      holds.add(operation.hold);
      const { budgets } = operation;
      const companions = typeof budgets === "number" ? budgets : budgets?.length;
      for (const companion of companionsOf(operation.hold, companions)) holds.add(companion);
    } else for (const { account } of operation.budgets ?? []) accounts.add(account);
    if (operation.step === "reserve" || operation.step === "post") keys.add(operation.key);
    if (operation.step === "settle" || operation.step === "post") {
      const { legs, payer, receiver } = operation.posting;
      for (const { account } of legs) accounts.add(account);
      if (payer !== null) accounts.add(payer);
      if (receiver !== null) accounts.add(receiver);
    }
  }
  return { accounts: [...accounts], holds: [...holds], keys: [...keys], dueAt: now };
}
