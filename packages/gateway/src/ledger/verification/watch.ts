import type { Hold, Leases } from "../../leases/index.ts";
import type { Clock, Log } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { type Audit, accounts, leftOpen, openHolds } from "./audits.ts";
import { CheckpointedWalk, OvertakenError } from "./checkpointed-walk.ts";
import { CheckpointStore } from "./checkpoints.ts";
import type { Problem } from "./problems.ts";
import { SqlBooks } from "./sql-books.ts";

export interface LedgerWatchOptions {
  storage: Storage;
  leases: Leases;
  clock: Clock;
  log: Log;
  /** What is checked beside the books. */
  audits: readonly Audit[];
  /** The time by the journal. */
  now(): bigint;
  pace?: Partial<Pace>;
}

/** How much of a node's time verification may take. */
export interface Pace {
  /** Rows of a slice. */
  rows: number;
  /** After a slice, nothing is done for so many times as long as it took, for so long at least and at the most. */
  rest: number;
  restMsMin: number;
  /** What a slice costs is bounded; when it takes long, it waited for others. */
  restMsMax: number;
  /** How often it is looked whether there are new rows. */
  lookMs: number;
  /** How long after its end the walk through everything begins anew, by the journal's own time. */
  everyMicros: bigint;
  /** Slices that are done again when a process dies, at most. */
  unsavedSlicesMax: number;
}

const PACE: Pace = {
  unsavedSlicesMax: 20,
  rows: 128,
  rest: 49,
  restMsMin: 50,
  restMsMax: 2_000,
  lookMs: 10_000,
  everyMicros: 86_400_000_000n,
};
const RETRY_MS = 10_000;
/** Of accounts and holds, which lie anywhere: a page that the database has to fetch from its disk is to be quick as well. */
const AUDIT_ROWS = 32;
const LEASE = "ledger";

/**
 * Verifies the books in the background, on one node at a time, slowly: what is new since the last checkpoint, whatever node or life verified
 * that, and in turns everything from the first row on, for what is behind a checkpoint may be tampered with as well. What it finds is logged as an
 * error, and again whenever a node takes the work up.
 */
export class LedgerWatch {
  readonly #options: LedgerWatchOptions;
  readonly #pace: Pace;
  readonly #books: SqlBooks;
  #hold: Hold | undefined;
  #shift: Shift | undefined;
  #working: Promise<void> = Promise.resolve();
  #released: Promise<void> | undefined;
  #stopped = false;
  #problems = 0;

  constructor(options: LedgerWatchOptions) {
    this.#options = options;
    this.#pace = { ...PACE, ...options.pace };
    this.#books = new SqlBooks(options.storage);
  }

  /** How many problems this node knows of, as long as the work is its own. */
  get problems(): number {
    return this.#problems;
  }

  /** From now on this node does it whenever no other does. */
  start(): void {
    if (this.#stopped) return;
    this.#hold ??= this.#options.leases.hold(LEASE, {
      taken: () => {
        const before = this.#working;
        const shift = new Shift(this.#options.clock);
        this.#shift = shift;
        this.#working = before.then(() => this.#work(shift));
      },
      lost: () => this.#shift?.end(),
    });
  }

  /** Leaves it to other nodes. */
  stop(): void {
    this.#stopped = true;
    this.#shift?.end();
    this.#released ??= this.#hold?.release();
  }

  /** Waits for the slice under way. */
  async close(): Promise<void> {
    this.stop();
    await this.#released;
    await this.#working;
  }

  async #work(shift: Shift): Promise<void> {
    while (!shift.isOver) {
      try {
        await this.#walk(shift);
      } catch (error) {
        if (shift.isOver) break;
        if (!(error instanceof OvertakenError)) {
          this.#options.log.warn({ err: error }, "the ledger is not verified at present");
        }
        await shift.pause(RETRY_MS);
      }
    }
    this.#problems = 0;
  }

  async #walk(shift: Shift): Promise<void> {
    const fresh = await this.#open("new", shift);
    const all = await this.#open("all", shift);
    const told = { new: 0, all: 0 };
    for (let turn = 0; !shift.isOver; turn++) {
      let isBusy = await fresh.advance(this.#pace.rows);
      // What is new comes first; where that never ends, the other has a part.
      if ((!isBusy || turn % 4 === 3) && !shift.isOver) {
        if (this.#isDue(all)) await all.restart({ isForgiven: true });
        isBusy = (await all.advance(this.#pace.rows)) || isBusy;
      }
      told.new = this.#tell(fresh.problems, told.new);
      told.all = this.#tell(all.problems, told.all);
      this.#problems = told.new + told.all;
      await (isBusy ? shift.rest(this.#pace) : shift.pause(this.#pace.lookMs));
    }
    await Promise.all([fresh.save(), all.save()]);
  }

  #open(name: "new" | "all", shift: Shift): Promise<CheckpointedWalk> {
    const { storage, audits, now } = this.#options;
    const books = this.#books;
    const isAll = name === "all";
    return CheckpointedWalk.open({
      books,
      store: new CheckpointStore(storage, name),
      ...(isAll && {
        auditsOf: (holds) => [
          accounts(books, AUDIT_ROWS),
          leftOpen(books, holds, AUDIT_ROWS),
          openHolds(books, AUDIT_ROWS),
          ...audits,
        ],
      }),
      unsavedSlicesMax: this.#pace.unsavedSlicesMax,
      breathe: () => shift.breathe(this.#pace),
      now,
    });
  }

  #isDue({ endedAt }: CheckpointedWalk): boolean {
    return endedAt !== null && this.#options.now() - endedAt >= this.#pace.everyMicros;
  }

  /** @returns how many are told by now */
  #tell(problems: readonly Problem[], told: number): number {
    if (problems.length > told) {
      const found = problems.slice(told).map(({ row, ...problem }) => ({ ...(row && { row: `${row}` }), ...problem }));
      this.#options.log.error({ problems: found }, "the ledger is not intact; see agentgate ledger verify");
    }
    return problems.length;
  }
}

/** The time for which the work is this node's. */
class Shift {
  readonly #clock: Clock;
  #isOver = false;
  /** Monotonic time at which the work under way began. */
  #beganAt: number;
  #wake: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beganAt = clock.monotonic();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Ends early with the shift. */
  async pause(ms: number): Promise<void> {
    if (this.#isOver) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
    this.#beganAt = this.#clock.monotonic();
  }

  /** A pause for as long as what was done since the last one deserves. */
  rest({ rest, restMsMin, restMsMax }: Pick<Pace, "rest" | "restMsMin" | "restMsMax">): Promise<void> {
    const tookMs = this.#clock.monotonic() - this.#beganAt;
    return this.pause(Math.min(restMsMax, Math.max(restMsMin, tookMs * rest)));
  }

  /** The same within a piece of work. @throws Error when the shift is over */
  async breathe(pace: Pick<Pace, "rest" | "restMsMin" | "restMsMax">): Promise<void> {
    await this.rest(pace);
    if (this.#isOver) throw new Error("the work is another node's");
  }
}
