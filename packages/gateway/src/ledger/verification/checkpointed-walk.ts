import type { Head } from "../journal.ts";
import type { Audit } from "./audits.ts";
import type { Books } from "./books.ts";
import type { Checkpoint, CheckpointStore } from "./checkpoints.ts";
import { OpenHolds } from "./open-holds.ts";
import { type Problem, Problems } from "./problems.ts";
import { type Breathe, beginning, Walk } from "./walk.ts";

export interface CheckpointedWalkOptions {
  books: Books;
  store: CheckpointStore;
  /** What is checked behind the journal; a walk without goes on with what comes. */
  auditsOf?(holds: OpenHolds): readonly Audit[];
  /** Between the statements of an audit. */
  breathe: Breathe;
  /** By the journal's own time. */
  now(): bigint;
  /** Slices that are done again when a process dies, at most. */
  unsavedSlicesMax?: number;
}

const UNSAVED_SLICES_MAX = 20;
/** Changes of open holds that one transaction saves. */
const UNSAVED_HOLDS_MAX = 2_000;

const CLEARING = "clearing";
const JOURNAL = "journal";
const DONE = "done";

/** Another node goes on from the same checkpoint. */
export class OvertakenError extends Error {}

/** A walk that is done in slices, whose place is kept in the database: whoever comes next goes on there. */
export class CheckpointedWalk {
  readonly #options: CheckpointedWalkOptions;
  readonly #audits: readonly Audit[];
  readonly #problems: Problems;
  readonly #holds: OpenHolds;
  #walk: Walk;
  #saved: Checkpoint;
  #stage: string;
  #cursor: string;
  #endedAt: bigint | null;
  #target: Head | undefined;
  #unsavedSlices = 0;

  private constructor(options: CheckpointedWalkOptions, saved: Checkpoint) {
    this.#options = options;
    this.#saved = saved;
    this.#stage = saved.stage;
    this.#cursor = saved.cursor;
    this.#endedAt = saved.endedAt;
    this.#problems = new Problems(saved.problems);
    this.#holds = new OpenHolds(options.store, { isShelfEmpty: false, held: saved.held });
    this.#audits = options.auditsOf?.(this.#holds) ?? [];
    this.#walk = this.#walkFrom(saved.place);
  }

  static async open(options: CheckpointedWalkOptions): Promise<CheckpointedWalk> {
    const walk = new CheckpointedWalk(options, await options.store.load());
    if (![CLEARING, JOURNAL, DONE, ...walk.#audits.map(({ name }) => name)].includes(walk.#stage)) await walk.restart();
    return walk;
  }

  get problems(): readonly Problem[] {
    return this.#problems.list;
  }

  /** When it ended, by the journal's own time; null while it is under way. */
  get endedAt(): bigint | null {
    return this.#endedAt;
  }

  /** Does a part, of at most so many rows. @returns false when there is nothing to do. @throws OvertakenError */
  async advance(rows: number): Promise<boolean> {
    if (this.#stage === DONE) return false;
    if (this.#stage === CLEARING) {
      if (!(await this.#options.store.clear())) await this.#enter(JOURNAL);
      return true;
    }
    if (this.#stage === JOURNAL) return this.#advanceJournal(rows);
    await this.#advanceAudit(this.#audits.find(({ name }) => name === this.#stage)!);
    return true;
  }

  /** Begins anew, with the first row. What was found stands, unless it is to be found anew. */
  async restart({ isForgiven = false } = {}): Promise<void> {
    this.#walk = this.#walkFrom(beginning);
    this.#target = undefined;
    this.#endedAt = null;
    if (isForgiven) this.#problems.clear();
    this.#holds.forget();
    await this.#enter(CLEARING);
  }

  async save(): Promise<void> {
    const checkpoint: Checkpoint = {
      ...{ version: this.#saved.version, place: this.#walk.place, held: this.#holds.held },
      ...{ stage: this.#stage, cursor: this.#cursor, endedAt: this.#endedAt, problems: [...this.#problems.list] },
    };
    if (!(await this.#options.store.save(checkpoint, this.#holds))) throw new OvertakenError();
    this.#saved = { ...checkpoint, version: checkpoint.version + 1n };
    this.#unsavedSlices = 0;
  }

  async #advanceJournal(rows: number): Promise<boolean> {
    const { books } = this.#options;
    this.#target ??= await books.head();
    if (!(await this.#isWhereItWas(this.#target))) {
      await this.restart();
      return true;
    }
    const checked = await this.#walk.step(rows, this.#target.seq);
    this.#unsavedSlices++;
    const isAtEnd = checked === 0 || this.#walk.place.seq >= this.#target.seq;
    if (!isAtEnd) {
      await this.#saveInTime();
      return true;
    }
    this.#walk.compare(this.#target);
    this.#target = undefined;
    const [first] = this.#audits;
    if (first) await this.#enter(first.name);
    else if (this.#isMoved) await this.save();
    return first !== undefined || checked > 0;
  }

  async #advanceAudit(audit: Audit): Promise<void> {
    const { problems, next } = await audit.check(this.#cursor, this.#options.breathe);
    for (const problem of problems) this.#problems.add(problem);
    this.#unsavedSlices++;
    if (next !== undefined) {
      this.#cursor = next;
      await this.#saveInTime();
      return;
    }
    const following = this.#audits[this.#audits.indexOf(audit) + 1];
    if (!following) this.#endedAt = this.#options.now();
    await this.#enter(following?.name ?? DONE);
  }

  /** What lies behind a checkpoint is not read again, but the last row there must be the one that was verified. */
  async #isWhereItWas(head: Head): Promise<boolean> {
    const { seq, hash } = this.#walk.place;
    if (seq === 0n || (this.#saved.place.seq !== seq && head.seq >= seq)) return true;
    const { rows } = await this.#options.books.page(seq - 1n, 1);
    if (rows[0]?.seq === seq && rows[0].hash === hash) return true;
    const message = "is not the row that was verified: it, or what is before it, was written anew or cut off";
    this.#problems.add({ row: seq, message });
    return false;
  }

  async #saveInTime(): Promise<void> {
    const { unsavedSlicesMax = UNSAVED_SLICES_MAX } = this.#options;
    if (this.#unsavedSlices >= unsavedSlicesMax || this.#holds.changed >= UNSAVED_HOLDS_MAX) await this.save();
  }

  async #enter(stage: string): Promise<void> {
    this.#stage = stage;
    this.#cursor = "";
    await this.save();
  }

  get #isMoved(): boolean {
    const { place, problems } = this.#saved;
    return this.#walk.place.seq !== place.seq || this.#problems.list.length !== problems.length;
  }

  #walkFrom(place: Checkpoint["place"]): Walk {
    const { books } = this.#options;
    return new Walk({ books, place, holds: this.#holds, problems: this.#problems });
  }
}
