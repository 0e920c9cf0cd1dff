import { type CallTail, isBehind, LOG_START, type SinkCursors, type TailPosition } from "../call-log/index.ts";
import { type Leases, Shifts } from "../leases/index.ts";
import { type Clock, type Log, type Micros, pause, type Random } from "../runtime/index.ts";
import type { LogSink, SinkBatch } from "./sink.ts";

export interface LogFollowerOptions {
  sink: LogSink;
  /** Of the lease; the same on all nodes. */
  lease: string;
  tail: CallTail;
  cursors: SinkCursors;
  leases: Pick<Leases, "hold">;
  clock: Clock;
  random: Random;
  log: Log;
}

/** What this node has done for a sink since it started. */
export interface FollowerCount {
  readonly isHeld: boolean;
  readonly rows: number;
  readonly failures: number;
  /** Rows that the log forgot before the sink took them, by whichever node. */
  readonly lost: number;
  /** When the oldest row was made that the sink has not taken; undefined when it has all. */
  readonly waitingSince: Micros | undefined;
}

/** Rows read in one go: a few milliseconds of this thread. */
const PAGE = 250;
/** After each page others have this many times as long as it took. */
const REST = 2;
const REST_MS_MAX = 100;
const BACKOFF_MS = 1_000;
const BACKOFF_MS_MAX = 60_000;
/** What goes on to fail is said no more often than this; how the sink is, is noted as often. */
const SAY_AGAIN_MS = 60_000;
const OPEN_AGAIN_MS = 60_000;

interface Gathered {
  batch: SinkBatch;
  from: TailPosition;
  to: TailPosition;
  rows: number;
  /** When the first of them was made. */
  since: Micros;
  /** The log ends behind it. */
  isEnd: boolean;
}

/**
 * Writes the call log to a sink, in the order of commits, from one node at a time. The log itself keeps what waits: how far the sink is stands
 * in the database and moves once it has taken a batch, so that a node that dies in between leaves it to the next one to write some rows again.
 */
export class LogFollower {
  readonly #options: LogFollowerOptions;
  readonly #shifts: Shifts;
  /** Gathered, and not delivered yet: what is tried again is the same. */
  #gathered: Gathered | undefined;
  #rows = 0;
  #failures = 0;
  #waitingSince: Micros | undefined;
  #lost: bigint | undefined;
  #openedAt = Number.NEGATIVE_INFINITY;
  #notedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
    const { leases } = options;
    this.#shifts = new Shifts({ leases, lease: options.lease, work: (over) => this.#work(over) });
  }

  get count(): FollowerCount {
    const isHeld = this.#shifts.isHeld;
    const waitingSince = isHeld ? this.#waitingSince : undefined;
    return { isHeld, rows: this.#rows, failures: this.#failures, lost: Number(this.#lost ?? 0n), waitingSince };
  }

  start(): void {
    this.#shifts.start();
  }

  async close(): Promise<void> {
    await this.#shifts.close();
    await this.#options.sink.close();
  }

  async #work(over: AbortSignal): Promise<void> {
    const { clock, random, sink } = this.#options;
    let failed = 0;
    while (!over.aborted) {
      try {
        const isEnd = await this.#round(over);
        failed = 0;
        if (isEnd) await pause(clock, sink.everyMs, over);
      } catch (error) {
        if (over.aborted) break;
        failed++;
        this.#failures++;
        await this.#failed(error, failed);
        const waitMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** (failed - 1));
        await pause(clock, waitMs * (0.5 + random.fraction() / 2), over);
      }
    }
    await this.#drop();
  }

  /** @returns whether nothing more waits */
  async #round(over: AbortSignal): Promise<boolean> {
    const { sink, cursors } = this.#options;
    this.#gathered ??= await this.#gather(over);
    const gathered = this.#gathered;
    if (!gathered || over.aborted) {
      await this.#note(null);
      return true;
    }
    this.#waitingSince = gathered.since;
    await gathered.batch.deliver(over);
    const { from, to, rows, isEnd } = gathered;
    // Where somebody else has moved it, what is behind is read again from there.
    const isMoved = await cursors.advance(sink.name, from, to, rows);
    await this.#drop();
    if (!isMoved) return false;
    this.#rows += rows;
    this.#notedAt = this.#options.clock.monotonic();
    if (isEnd) this.#waitingSince = undefined;
    return isEnd;
  }

  /**
   * Reads what the sink has not taken, as much as one batch holds; undefined when there is nothing. A log that was begun anew, or put back
   * from a backup, is read from its start.
   */
  async #gather(over: AbortSignal): Promise<Gathered | undefined> {
    const { sink, cursors, clock, tail } = this.#options;
    const from = await this.#position();
    const batch = sink.begin();
    let [position, rows, since] = [from, 0, undefined as Micros | undefined];
    let isAnew = false;
    try {
      for (;;) {
        const startedAt = clock.monotonic();
        let page = await tail.read(position, PAGE);
        if (page.isLost && isBehind(LOG_START, position)) {
          isAnew = true;
          page = await tail.read(LOG_START, PAGE);
        }
        if (page.calls.length > 0) await batch.add(page.calls.map(({ call }) => call));
        since ??= page.calls[0]?.call.createdAt;
        rows += page.calls.length;
        position = page.position;
        if (over.aborted || page.isEnd || batch.isFull) {
          if (rows > 0 && since !== undefined) return { batch, from, to: position, rows, since, isEnd: page.isEnd };
          await batch.discard();
          this.#waitingSince = undefined;
          if (isAnew) await cursors.advance(sink.name, from, position, 0);
          return undefined;
        }
        await pause(clock, Math.min(REST_MS_MAX, REST * (clock.monotonic() - startedAt)), over);
      }
    } catch (error) {
      await batch.discard().catch(() => {});
      throw error;
    }
  }

  /** How far the sink is. Says now and then that it lives, and what it has lost. */
  async #position(): Promise<TailPosition> {
    const { sink, cursors, clock, log } = this.#options;
    const now = clock.monotonic();
    const known = now - this.#openedAt < OPEN_AGAIN_MS ? await cursors.position(sink.name) : undefined;
    if (known) return known;
    const { position, lost } = await cursors.open(sink.name);
    this.#openedAt = now;
    if (this.#lost !== undefined && lost > this.#lost) {
      log.error(
        { sink: sink.name, lost: Number(lost) },
        "rows of the call log were forgotten before their sink took them",
      );
    }
    this.#lost = lost;
    return position;
  }

  async #failed(error: unknown, failed: number): Promise<void> {
    const { sink, log, clock } = this.#options;
    const trouble = sink.describe(error);
    const isTold = failed > 1 && clock.monotonic() - this.#notedAt < SAY_AGAIN_MS;
    if (isTold) return;
    log.warn({ sink: sink.name, trouble, failed }, "the call log cannot be written to its sink; its rows wait");
    await this.#note(trouble, true).catch(() => {});
  }

  async #note(trouble: string | null, isNew = false): Promise<void> {
    const { sink, cursors, clock } = this.#options;
    const now = clock.monotonic();
    if (!isNew && now - this.#notedAt < SAY_AGAIN_MS) return;
    this.#notedAt = now;
    await cursors.note(sink.name, this.#waitingSince ?? null, trouble, this.#gathered?.from);
  }

  async #drop(): Promise<void> {
    const gathered = this.#gathered;
    this.#gathered = undefined;
    await gathered?.batch.discard().catch(() => {});
  }
}
