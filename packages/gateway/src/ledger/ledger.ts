import type { MicroDollars } from "@agentgate/protocol";
import type { Clock, Log, Micros, Random } from "../runtime/index.ts";
import type { Statement, Storage } from "../storage/index.ts";
import { isWallet } from "./accounts.ts";
import type { Balance } from "./balance.ts";
import type { BudgetUse } from "./budget.ts";
import { isLedgerError, LedgerError } from "./errors.ts";
import type { FailPointHook } from "./fail-point.ts";
import { type CommitterLoad, GroupCommitter } from "./group-committer.ts";
import { assertBalanced, fingerprintOf } from "./journal.ts";
import { JournalTime } from "./journal-time.ts";
import { LedgerQueries } from "./ledger-queries.ts";
import type { BalanceWatch, Done, HoldState } from "./operation.ts";
import { assertPosting, type Posting, postingAmountMax, type Reference, withdrawal } from "./posting.ts";
import { SqlLedgerStore } from "./sql-store.ts";
import type { LedgerStore } from "./store.ts";
import { Sweeper } from "./sweeper.ts";
import { type Transaction, transactionOf } from "./transaction.ts";
import { type Audit, historySums, SqlBooks, type VerificationReport, verifyBooks } from "./verification/index.ts";

export interface LedgerOptions {
  storage: Storage;
  clock: Clock;
  random: Random;
  log: Log;
  failPoint?: FailPointHook | undefined;
  /** Checks of what is kept beside the books, which are verified with them. */
  audits?: readonly Audit[];
}

export interface ReserveRequest {
  account: string;
  amount: MicroDollars;
  /**
   * After how long the hold lapses unless it is resolved before, in milliseconds. It is counted from when the money is put aside, by
   * the journal's own time: no wall clock shortens it. It lasts three seconds longer, for what nodes make of each other's time.
   */
  lifetimeMs: number;
  type: string;
  reference?: Reference;
  /** The same key reserves once, however often it is asked. Made up when missing. */
  key?: string;
  /** Of which the same is set aside. A budget that has not so much left refuses it all. */
  budgets?: readonly BudgetUse[] | undefined;
}

export interface PostRequest {
  posting: Posting;
  key?: string;
  /** Of the transaction, a UUID that nothing else has; drawn where it is not given. Of a settle it is the hold's. */
  id?: string;
  /** Statements that are committed with the posting, or not at all (an outbox row, a log row). Not run on a repetition. */
  alongside?: readonly Statement[];
  /** Told of the balance as it is decided, once; answers more statements to be committed with the posting. Quick, and never throws. */
  watch?: BalanceWatch | undefined;
  /** Within which it is paid; of a settle, those of its hold. The posting has their legs (`budgetLegs`). */
  budgets?: readonly BudgetUse[] | undefined;
}

export interface HoldResult {
  hold: { id: string; state: HoldState };
  /** Of the account whose money is or was held. */
  balance: Balance;
  /** It was found done: by an earlier request, or by an earlier attempt at this one whose answer was lost. */
  replayed: boolean;
}

export interface TransactionResult {
  transaction: Transaction;
  /** Of the payer, or of the receiver when the world pays. */
  balance: Balance;
  replayed: boolean;
}

/** Rows of the journal that were checked, of so many; what is derived from it comes behind. */
export interface VerificationProgress {
  rows: bigint;
  of: bigint;
}

/** The longest that money stays put aside: 30 days. */
const lifetimeMsMax = 2_592_000_000;

/** A wallet that is used while it is being emptied is emptied again, this often. */
const writeOffRoundsMax = 1_000;
/** Holds that are released at once: one transaction. */
const writeOffHolds = 256;

/**
 * Double-entry accounts in micro-dollars. Every method resolves when its effect is durable, and rejects with a `LedgerError`
 * when it had none; only `unavailable` may leave that open, and says so.
 */
export class Ledger {
  readonly queries: LedgerQueries;
  readonly #store: LedgerStore;
  readonly #committer: GroupCommitter;
  readonly #random: Random;
  readonly #sweeper: Sweeper;
  readonly #time: JournalTime;
  readonly audits: readonly Audit[];
  #verifying: Promise<VerificationReport> | undefined;
  #progress: VerificationProgress | undefined;

  /** Opens the books; refuses when they do not balance. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const store = new SqlLedgerStore(options.storage);
    assertBalanced((await store.look()).head);
    const audits = [historySums(options.storage), ...(options.audits ?? [])];
    const ledger = new Ledger({ ...options, store, audits }, new LedgerQueries(options.storage));
    await ledger.#sweeper.look();
    return ledger;
  }

  constructor(options: Omit<LedgerOptions, "storage"> & { store: LedgerStore }, queries: LedgerQueries) {
    const time = new JournalTime(options.clock);
    this.queries = queries;
    this.#time = time;
    this.audits = options.audits ?? [];
    this.#store = options.store;
    this.#random = options.random;
    this.#committer = new GroupCommitter({ ...options, time });
    this.#sweeper = new Sweeper({ ...options, time, committer: this.#committer });
    this.#sweeper.start();
  }

  /**
   * Sets money aside. @throws LedgerError `insufficient_balance`, `budget_exceeded`, `budget_window_over`, `idempotency_mismatch`,
   * `invalid_operation`, `overloaded`, `unavailable`.
   */
  async reserve(request: ReserveRequest): Promise<HoldResult> {
    const { account, amount, lifetimeMs, type } = request;
    const reason =
      ((!account || !isWallet(account)) && `${account || "an account without id"} is not a wallet`) ||
      ((amount <= 0n || amount > postingAmountMax) &&
        `the amount ${amount} is not between 1 and ${postingAmountMax}`) ||
      (!(lifetimeMs > 0 && lifetimeMs <= lifetimeMsMax) && `a hold cannot last ${lifetimeMs} ms`);
    if (reason) throw new LedgerError("invalid_operation", { reason });
    const id = this.#random.uuid();
    const reference = JSON.stringify(request.reference ?? {});
    const fingerprint = fingerprintOf(["reserve", account, amount, type, reference]);
    const key = request.key ?? id;
    return holdResult(
      await this.#committer.submit({
        step: "reserve",
        id,
        key,
        fingerprint,
        account,
        amount,
        type,
        lifetime: BigInt(Math.ceil(lifetimeMs * 1000)),
        reference,
        budgets: request.budgets,
      }),
    );
  }

  /**
   * Posts what a hold was for; the payer's part may be less than what was held, and the rest is free again. Settling twice
   * with the same posting is settling once.
   *
   * A hold that has lapsed cannot be settled, however late that is noticed: the answer is `hold_resolved` with state
   * `expired`, and nobody is charged; `settleLate` may.
   * @throws LedgerError `hold_not_found`, `hold_resolved`, `idempotency_mismatch`, `settle_exceeds_hold`,
   * `insufficient_balance` (of another wallet that the posting debits), `invalid_operation`, `overloaded`, `unavailable`.
   */
  async settle(
    hold: string,
    { posting, alongside = [], watch, budgets }: Omit<PostRequest, "key">,
  ): Promise<TransactionResult> {
    assertPosting(posting);
    const fingerprint = fingerprintOf(["settle", hold, ...payloadOf(posting)]);
    const operation = { step: "settle", hold, fingerprint, posting, alongside, watch, budgets } as const;
    return transactionResult(await this.#committer.submit(operation));
  }

  /**
   * Posts what a hold that has lapsed was for, once, from what the payer has now; the transaction has the hold's id.
   * @throws LedgerError as `post` does.
   */
  async settleLate(hold: string, request: Omit<PostRequest, "key">): Promise<TransactionResult> {
    return this.#post(hold, { ...request, key: `late:${hold}` });
  }

  /** Lets held money go; no error when it is free already. @throws LedgerError `hold_not_found`, `hold_resolved` when settled. */
  async release(hold: string, { budgets }: { budgets?: number } = {}): Promise<HoldResult> {
    return holdResult(await this.#committer.submit({ step: "release", hold, budgets }));
  }

  /** Moves money at once. @throws LedgerError as `reserve` does. */
  post(request: PostRequest): Promise<TransactionResult> {
    return this.#post(request.id ?? this.#random.uuid(), request);
  }

  async #post(id: string, { posting, key, alongside = [], watch, budgets }: PostRequest): Promise<TransactionResult> {
    assertPosting(posting);
    const fingerprint = fingerprintOf(["post", ...payloadOf(posting)]);
    return transactionResult(
      await this.#committer.submit({
        step: "post",
        id,
        key: key ?? id,
        fingerprint,
        posting,
        alongside,
        watch,
        budgets,
      }),
    );
  }

  /**
   * Undoes a transaction by its counter-entry, once: payer and receiver change places and every account gets back what it
   * gave, the fee included. @throws LedgerError `insufficient_balance` when the receiver has spent it.
   */
  async reverse(transactionId: string, { type, reference }: { type: string; reference?: Reference }) {
    const found = await this.queries.transactionWithLegs(transactionId);
    if (!found) throw new LedgerError("invalid_operation", { reason: `there is no transaction ${transactionId}` });
    const { transaction, legs } = found;
    const posting: Posting = {
      type,
      payer: transaction.receiver,
      receiver: transaction.payer,
      amount: transaction.amount,
      fee: 0n,
      legs: legs.map(({ account, amount }) => ({ account, amount: -amount })),
      reference: { ...transaction.reference, ...reference, reverses: transactionId },
    };
    return this.post({ posting, key: `reverse:${transactionId}` });
  }

  /**
   * Empties a wallet: releases its open holds and moves what it has to the world; `watch` is told of each time that it does. Returns how
   * much that was.
   * @throws LedgerError `overloaded` when the wallet stays in use all the while.
   */
  async writeOff(
    account: string,
    { reference = {}, watch }: { reference?: Reference; watch?: BalanceWatch } = {},
  ): Promise<MicroDollars> {
    let written = 0n;
    for (let round = 0; round < writeOffRoundsMax; round++) {
      const holds = await this.queries.openHolds(account, writeOffHolds);
      await Promise.all(holds.map(({ id }) => this.release(id).catch(unlessResolved)));
      if (holds.length === writeOffHolds) continue;
      const { available, held } = await this.queries.balance(account);
      if (available === 0n && held === 0n) return written;
      if (available === 0n) continue;
      await this.post({ posting: withdrawal({ account, amount: available, type: "write_off", reference }), watch });
      written += available;
    }
    throw new LedgerError("overloaded", {});
  }

  /**
   * The journal's own time, microseconds: it goes on with the gateway's life, whatever wall clocks say. On one node it is as good for
   * other deadlines; that it was asked for is remembered, so that a next life goes on from there.
   */
  now(): bigint {
    this.#sweeper.use();
    return this.#time.now;
  }

  /** The same, of which nothing is remembered. */
  get elapsed(): bigint {
    return this.#time.now;
  }

  /** The date of the last row as this node last saw it, microseconds since the epoch; 0 before the first. */
  get lastDate(): Micros {
    return this.#time.date;
  }

  /** How busy it is. */
  get load(): CommitterLoad {
    return this.#committer.load;
  }

  /** Resolves the holds that have lapsed, about a thousand at one go; a timer does so every second. */
  sweep(): Promise<void> {
    return this.#sweeper.sweep();
  }

  /** Verifies the books of a storage without opening them, so also those that `open` refuses. */
  static verify(storage: Storage, audits: readonly Audit[] = []): Promise<VerificationReport> {
    return verifyBooks({ books: new SqlBooks(storage), audits: [historySums(storage), ...audits] });
  }

  /**
   * Checks every row of the journal, from the first one on, and everything derived from it. Reads all, in pages; other work goes on
   * meanwhile. Who asks while it is done gets the same answer.
   */
  verify(): Promise<VerificationReport> {
    this.#verifying ??= verifyBooks({
      books: this.#store.books,
      audits: this.audits,
      onProgress: (rows, of) => {
        this.#progress = { rows, of };
      },
    }).finally(() => {
      this.#verifying = undefined;
      this.#progress = undefined;
    });
    return this.#verifying;
  }

  /** How far this node is with it; undefined while nobody has asked for it. */
  get verification(): VerificationProgress | undefined {
    return this.#progress;
  }

  /** Waits for what was taken; refuses what comes after. The storage stays open. */
  async close(): Promise<void> {
    this.#sweeper.stop();
    await this.#committer.close();
  }
}

const unlessResolved = (error: unknown): void => {
  if (!isLedgerError(error, "hold_resolved")) throw error;
};

const payloadOf = ({ type, legs, payer, receiver, amount, fee, reference }: Posting) => [
  ...[type, payer, receiver, amount, fee],
  legs.map((leg) => [leg.account, leg.amount]),
  JSON.stringify(reference),
];

const holdResult = ({ row, state, balance, replayed }: Done): HoldResult => ({
  hold: { id: row.id, state: state! },
  balance,
  replayed,
});

const transactionResult = ({ row, balance, replayed }: Done): TransactionResult => ({
  transaction: transactionOf(row),
  balance,
  replayed,
});
