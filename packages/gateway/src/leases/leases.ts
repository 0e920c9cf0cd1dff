import type { AddGauge, Clock, Log, Random } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { LeaseStore } from "./store.ts";

export interface LeasesOptions {
  storage: Storage;
  clock: Clock;
  random: Random;
  log: Log;
  gauge?: AddGauge | undefined;
}

/** Something that one node at a time does. */
export interface Work {
  /** This node does it from now on. @param state what the node before it last said, empty when none did */
  taken(state: string): void;
  /** Another node may do it from now on. */
  lost(): void;
  /** How far the work is, in few words, for whoever goes on with it. Asked at every sign of life. */
  state?(): string;
}

/** A node's wish to do something. */
export interface Hold {
  /** Whether it is this node that does it, at this moment. */
  readonly isHeld: boolean;
  /** Leaves it to others, at once. */
  release(): Promise<void>;
}

/** How often holders give a sign of life, and others look. */
const BEAT_MS = 1_000;
/** A holder that could not give one for so long stops; others begin when they have seen none for longer. */
const HELD_MS = 4_000;
const SILENT_MS = 5_000;

interface Wanted {
  readonly work: Work;
  /** Monotonic time until which this node holds the lease; undefined while it does not. */
  heldUntil: number | undefined;
  /** What was last seen of another holder, and since when. */
  seen: { holder: string; beat: bigint; since: number } | undefined;
}

/** @see Leases */
export const openLeases = (options: LeasesOptions): Leases => new Leases(options);

/**
 * What one node at a time does. The holder moves a counter in the database; who sees it stand still for five seconds takes the lease, and
 * the holder, which counts from before it last moved the counter, has stopped a second before. Only spans of each node's own
 * monotonic clock are measured: no wall clock, of a node or of the database, counts. A dead node is followed within seven seconds, and the
 * work goes on from its last `state`.
 */
export class Leases {
  readonly #store: LeaseStore;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #node: string;
  readonly #wanted = new Map<string, Wanted>();
  #cancel: (() => void) | undefined;
  #beating: Promise<void> | undefined;
  #closed = false;

  constructor({ storage, clock, random, log, gauge }: LeasesOptions) {
    this.#store = new LeaseStore(storage);
    this.#clock = clock;
    this.#log = log;
    this.#node = random.uuid();
    gauge?.(
      "agentgate_lease_held",
      "Whether this node does what one node at a time does, by lease.",
      () =>
        [...this.#wanted].map(([name, wanted]) => ({ labels: { lease: kindOf(name) }, value: +this.#isHeld(wanted) })),
      ["lease"],
    );
  }

  /** Takes the lease as soon as nobody has it, and again should it be lost, until it is released. One wish for each name. */
  hold(name: string, work: Work): Hold {
    if (this.#wanted.has(name)) throw new Error(`the lease "${name}" is wanted twice`);
    const wanted: Wanted = { work, heldUntil: undefined, seen: undefined };
    this.#wanted.set(name, wanted);
    this.#schedule(0);
    const isHeld = () => this.#isHeld(wanted);
    return {
      get isHeld() {
        return isHeld();
      },
      release: () => this.#release(name, wanted),
    };
  }

  /** By which this node is known as a holder. */
  get node(): string {
    return this.#node;
  }

  /** Who does what, by the names of nodes. */
  async holders(): Promise<Map<string, string[]>> {
    const held = new Map<string, string[]>();
    for (const { name, holder } of await this.#store.held()) held.set(holder, [...(held.get(holder) ?? []), name]);
    return held;
  }

  /** Waits for the look at the database that is under way, if one is. */
  async settled(): Promise<void> {
    await this.#beating;
  }

  /** Releases all that this node holds. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#beating;
    await Promise.all([...this.#wanted].map(([name, wanted]) => this.#release(name, wanted)));
  }

  #isHeld({ heldUntil }: Wanted): boolean {
    return heldUntil !== undefined && this.#clock.monotonic() < heldUntil;
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#cancel?.();
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#beating ??= this.#beat().finally(() => {
        this.#beating = undefined;
        if (this.#wanted.size > 0) this.#schedule(BEAT_MS);
      });
    });
  }

  async #beat(): Promise<void> {
    for (const wanted of this.#wanted.values()) this.#loseIfLate(wanted);
    try {
      const rows = await this.#store.read([...this.#wanted.keys()]);
      for (const [name, wanted] of this.#wanted) await this.#look(name, wanted, rows.get(name));
    } catch (error) {
      if (!this.#closed) this.#log.warn({ err: error }, "leases cannot be read or renewed");
    }
    for (const wanted of this.#wanted.values()) this.#loseIfLate(wanted);
  }

  async #look(
    name: string,
    wanted: Wanted,
    row: { holder: string; beat: bigint; state: string } | undefined,
  ): Promise<void> {
    // What is held counts from before the statement that says so was sent.
    const sentAt = this.#clock.monotonic();
    const mine = { name, holder: this.#node };
    if (row?.holder === this.#node) {
      const isRenewed = await this.#store.renew(mine, wanted.work.state?.() ?? "");
      if (isRenewed) this.#keep(wanted, sentAt, row.state);
      else this.#lose(wanted);
      return;
    }
    this.#lose(wanted);
    if (row && row.holder !== "" && !this.#isSilent(wanted, row)) return;
    const isTaken = row ? await this.#store.replace(mine, row) : await this.#store.insert(mine);
    if (isTaken) this.#keep(wanted, sentAt, row?.state ?? "");
  }

  #isSilent(wanted: Wanted, { holder, beat }: { holder: string; beat: bigint }): boolean {
    const now = this.#clock.monotonic();
    const { seen } = wanted;
    if (seen?.holder === holder && seen.beat === beat) return now - seen.since > SILENT_MS;
    wanted.seen = { holder, beat, since: now };
    return false;
  }

  #keep(wanted: Wanted, sentAt: number, state: string): void {
    const isNew = wanted.heldUntil === undefined;
    wanted.heldUntil = sentAt + HELD_MS;
    wanted.seen = undefined;
    if (isNew) wanted.work.taken(state);
  }

  #loseIfLate(wanted: Wanted): void {
    if (wanted.heldUntil !== undefined && !this.#isHeld(wanted)) this.#lose(wanted);
  }

  #lose(wanted: Wanted): void {
    if (wanted.heldUntil === undefined) return;
    wanted.heldUntil = undefined;
    wanted.work.lost();
  }

  async #release(name: string, wanted: Wanted): Promise<void> {
    if (this.#wanted.get(name) !== wanted) return;
    this.#wanted.delete(name);
    await this.#beating;
    if (wanted.heldUntil === undefined) return;
    const state = wanted.work.state?.() ?? "";
    this.#lose(wanted);
    await this.#store
      .release({ name, holder: this.#node }, state)
      .catch((error) => this.#log.warn({ err: error, lease: name }, "a lease was not released; it is free in seconds"));
  }
}

/** Names are of the form `work` or `work of-whom`. */
const kindOf = (name: string): string => name.split(" ", 1)[0]!;
