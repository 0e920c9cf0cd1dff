import type { Kysely, Transaction } from "kysely";
import type { Clock, Log } from "../runtime/index.ts";
import type { Database } from "./schema.ts";

const pollIntervalMs = 500;

/**
 * Tells every node, this one at once and the others within the poll interval, that something it keeps in memory has changed.
 * A topic is a name such as "keys"; its version moves in the same transaction as the change, so no change goes unseen.
 */
export class ChangeFeed {
  readonly #db: Kysely<Database>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #known: Map<string, bigint>;
  #seenAt: number;
  #cancelPoll: (() => void) | undefined;
  #closed = false;

  private constructor(db: Kysely<Database>, clock: Clock, log: Log, known: Map<string, bigint>) {
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
    this.#known = known;
    this.#seenAt = clock.monotonic();
    this.#schedule();
  }

  static async open(db: Kysely<Database>, clock: Clock, log: Log): Promise<ChangeFeed> {
    return new ChangeFeed(db, clock, log, await readVersions(db));
  }

  /** Calls `listener` after every change of the topic, by any node. Subscribe before loading what it guards. Returns its end. */
  subscribe(topic: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  /** Runs `work` in a transaction that changes the topic, and tells this node's listeners once it is committed. */
  async change<T>(topic: string, work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
    const { value, version } = await this.#db.transaction().execute(async (trx) => {
      const value = await work(trx);
      return { value, version: await this.bump(trx, topic) };
    });
    this.announce(topic, version);
    return value;
  }

  /** Moves the topic's version within the writer's transaction; call `announce` with the result after the commit. */
  async bump(trx: Transaction<Database>, topic: string): Promise<bigint> {
    const { version } = await trx
      .insertInto("versions")
      .values({ topic, version: 1n })
      .onConflict((conflict) =>
        conflict.column("topic").doUpdateSet((eb) => ({ version: eb("versions.version", "+", 1n) })),
      )
      .returning("version")
      .executeTakeFirstOrThrow();
    return version;
  }

  /** Tells this node's listeners of a version that is committed, unless they know it or a later one. */
  announce(topic: string, version: bigint): void {
    if (version <= (this.#known.get(topic) ?? 0n)) return;
    this.#known.set(topic, version);
    for (const listener of this.#listeners.get(topic) ?? []) {
      try {
        listener();
      } catch (error) {
        this.#log.error({ err: error, topic }, "a change listener failed");
      }
    }
  }

  /** Milliseconds since the other nodes' changes were last seen; more than the poll interval while the database is away. */
  get behindMs(): number {
    return this.#clock.monotonic() - this.#seenAt;
  }

  close(): void {
    this.#closed = true;
    this.#cancelPoll?.();
  }

  #schedule(): void {
    if (!this.#closed) this.#cancelPoll = this.#clock.after(pollIntervalMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    const startedAt = this.#clock.monotonic();
    try {
      const versions = await readVersions(this.#db);
      this.#seenAt = startedAt;
      for (const [topic, version] of versions) this.announce(topic, version);
    } catch (error) {
      if (!this.#closed) this.#log.warn({ err: error }, "cannot see other nodes' changes");
    }
    this.#schedule();
  }
}

async function readVersions(db: Kysely<Database>): Promise<Map<string, bigint>> {
  const rows = await db.selectFrom("versions").select(["topic", "version"]).execute();
  return new Map(rows.map(({ topic, version }) => [topic, version]));
}
