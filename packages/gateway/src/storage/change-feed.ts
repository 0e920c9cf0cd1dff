import type { Kysely, Transaction } from "kysely";
import type { Clock, Log } from "../runtime/index.ts";
import type { Database } from "./schema/index.ts";

const POLL_MS = 500;
/** A node that is further behind than this many versions forgets the topic whole instead of reading what changed. */
const LAG_MAX = 1_000n;
/** Versions whose entries are kept; more than `LAG_MAX`, so that none is pruned while a node reads it. */
const RETAINED = 4_096n;
const PRUNED_EVERY = 256n;
const ENTRIES_PER_ROW = 100;
const ROWS_PER_PAGE = 100;
/** Versions of this node's own changes that it has told before those of other nodes that precede them. */
const AHEAD_MAX = 1_000;

/** What must not be used once another node has ended it is used for so long without having been seen to hold. */
const TRUSTED_MS = 1_000;

/** The entries that changed, by their keys; undefined when it may be any. */
export type Changed = readonly string[] | undefined;

/** Says within a transaction which entries of a topic it changes; without `keys`, any. */
export type Note = (topic: string, keys?: readonly string[]) => void;

/** Versions that one transaction gave a topic, and what it changed. */
interface Told {
  topic: string;
  from: bigint;
  to: bigint;
  changed: Changed;
}

interface TopicState {
  readonly listeners: Set<(changed: Changed) => void>;
  /** Everything up to here has been told. */
  known: bigint;
  /** Later versions that have been told already. */
  readonly ahead: Set<bigint>;
}

export interface ChangeFeedOptions {
  /** What changes are made on. */
  db: Kysely<Database>;
  /** What other nodes' changes are read on; the same, or one that does not wait for it. */
  reading: Kysely<Database>;
  clock: Clock;
  log: Log;
}

/**
 * Tells every node, this one at once and the others within the poll interval, that something it keeps in memory has changed, and
 * which entries. A topic is a name such as "keys"; its version moves in the same transaction as the change, so no change goes unseen.
 * The version's row is locked until the commit, so versions appear in their order and without gaps.
 */
export class ChangeFeed {
  readonly #db: Kysely<Database>;
  readonly #reading: Kysely<Database>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #topics = new Map<string, TopicState>();
  #seenAt: number;
  #cancelPoll: (() => void) | undefined;
  #closed = false;

  private constructor({ db, reading, clock, log }: ChangeFeedOptions) {
    this.#db = db;
    this.#reading = reading;
    this.#clock = clock;
    this.#log = log;
    this.#seenAt = clock.monotonic();
    this.#schedule();
  }

  static async open(options: ChangeFeedOptions): Promise<ChangeFeed> {
    const versions = await readVersions(options.reading);
    const feed = new ChangeFeed(options);
    for (const { topic, version } of versions) feed.#topic(topic).known = version;
    return feed;
  }

  /**
   * Calls `listener` after every change of the topic, by any node, with the keys of what changed. Subscribe before loading what it guards.
   * Returns its end.
   */
  subscribe(topic: string, listener: (changed: Changed) => void): () => void {
    const { listeners } = this.#topic(topic);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** Runs `work` in a transaction that changes these entries of the topic, or any; see {@link transaction}. */
  change<T>(topic: string, work: (trx: Transaction<Database>) => Promise<T>, keys?: readonly string[]): Promise<T> {
    return this.transaction((trx, note) => {
      note(topic, keys);
      return work(trx);
    });
  }

  /**
   * Runs `work` in a transaction and tells this node's listeners what it noted once it is committed. The topics' versions move last, in
   * the order of their names, so that transactions never wait for each other in a circle.
   */
  async transaction<T>(work: (trx: Transaction<Database>, note: Note) => Promise<T>): Promise<T> {
    const { value, told } = await this.#db.transaction().execute(async (trx) => {
      const noted = new Map<string, Changed>();
      const value = await work(trx, (topic, keys) => {
        const before = noted.has(topic) ? noted.get(topic) : [];
        noted.set(topic, before && keys && [...before, ...keys]);
      });
      const told: Told[] = [];
      for (const topic of [...noted.keys()].sort()) {
        const keys = noted.get(topic);
        if (keys?.length !== 0) told.push(await write(trx, topic, keys));
      }
      return { value, told };
    });
    for (const one of told) this.#announce(one);
    return value;
  }

  /**
   * For what is remembered and must end everywhere within a second. What is returned is to be called before each use: it calls `forget` where the
   * other nodes' changes have not been seen for a second, and once a second as long as that lasts, so that each entry is looked up once in that
   * time and not once a use.
   */
  trusting(forget: () => void): () => void {
    let forgottenAt = Number.NEGATIVE_INFINITY;
    return () => {
      const now = this.#clock.monotonic();
      if (now - Math.max(this.#seenAt, forgottenAt) <= TRUSTED_MS) return;
      forgottenAt = now;
      forget();
    };
  }

  /** Milliseconds since the other nodes' changes were last seen; more than the poll interval while the database is away. */
  get behindMs(): number {
    return this.#clock.monotonic() - this.#seenAt;
  }

  close(): void {
    this.#closed = true;
    this.#cancelPoll?.();
  }

  #topic(name: string): TopicState {
    let topic = this.#topics.get(name);
    if (!topic) {
      topic = { listeners: new Set(), known: 0n, ahead: new Set() };
      this.#topics.set(name, topic);
    }
    return topic;
  }

  /** Tells of a change of this node that is committed, unless the poll was quicker. */
  #announce({ topic: name, from, to, changed }: Told): void {
    const topic = this.#topic(name);
    if (to <= topic.known) return;
    if (from <= topic.known + 1n) this.#reach(topic, to);
    else if (topic.ahead.size < AHEAD_MAX) for (let version = from; version <= to; version++) topic.ahead.add(version);
    this.#tell(name, topic, changed);
  }

  /** Takes one version that another node may have made. */
  #take(name: string, version: bigint, changed: Changed): void {
    const topic = this.#topic(name);
    if (version <= topic.known) return;
    this.#reach(topic, version);
    this.#tell(name, topic, changed);
  }

  #reach(topic: TopicState, version: bigint): void {
    topic.known = version;
    for (const told of topic.ahead) if (told <= version) topic.ahead.delete(told);
    while (topic.ahead.delete(topic.known + 1n)) topic.known++;
  }

  #tell(name: string, { listeners }: TopicState, changed: Changed): void {
    for (const listener of listeners) {
      try {
        listener(changed);
      } catch (error) {
        this.#log.error({ err: error, topic: name }, "a change listener failed");
      }
    }
  }

  #schedule(): void {
    if (!this.#closed) this.#cancelPoll = this.#clock.after(POLL_MS, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    const startedAt = this.#clock.monotonic();
    try {
      for (const { topic, version } of await readVersions(this.#reading)) await this.#catchUp(topic, version);
      this.#seenAt = startedAt;
    } catch (error) {
      if (!this.#closed) this.#log.warn({ err: error }, "cannot see other nodes' changes");
    }
    this.#schedule();
  }

  async #catchUp(name: string, version: bigint): Promise<void> {
    const topic = this.#topic(name);
    while (topic.known < version) {
      const isFar = version - topic.known > LAG_MAX;
      const rows = isFar ? [] : await readChanges(this.#reading, name, topic.known);
      // Pruned, or written by an earlier release, which noted no entries.
      const isWhole = rows[0] !== undefined && rows[0].version <= topic.known + 1n;
      if (isFar || (topic.known < version && !isWhole)) {
        this.#take(name, version, undefined);
        return;
      }
      for (const { version, entries } of rows)
        this.#take(name, version, entries === ANY ? undefined : JSON.parse(entries));
    }
  }
}

const ANY = "";
/** Of topics, which the code names, there are a handful. */
const TOPICS_MAX = 100;

const readVersions = (db: Kysely<Database>) =>
  db.selectFrom("versions").select(["topic", "version"]).limit(TOPICS_MAX).execute();

const readChanges = (db: Kysely<Database>, topic: string, after: bigint) =>
  db
    .selectFrom("changes")
    .select(["version", "entries"])
    .where("topic", "=", topic)
    .where("version", ">", after)
    .orderBy("version")
    .limit(ROWS_PER_PAGE)
    .execute();

/** Moves the topic's version by one for each row of entries, and drops rows that no node reads any more. */
async function write(trx: Transaction<Database>, topic: string, keys: Changed): Promise<Told> {
  const rows = keys ? chunks(keys).map((chunk) => JSON.stringify(chunk)) : [ANY];
  const count = BigInt(rows.length);
  const { version: to } = await trx
    .insertInto("versions")
    .values({ topic, version: count })
    .onConflict((conflict) =>
      conflict.column("topic").doUpdateSet((eb) => ({ version: eb("versions.version", "+", count) })),
    )
    .returning("version")
    .executeTakeFirstOrThrow();
  const from = to - count + 1n;
  for (const [index, entries] of rows.entries()) {
    await trx
      .insertInto("changes")
      .values({ topic, version: from + BigInt(index), entries })
      .execute();
  }
  if (to / PRUNED_EVERY > (from - 1n) / PRUNED_EVERY) {
    await trx
      .deleteFrom("changes")
      .where("topic", "=", topic)
      .where("version", "<=", to - RETAINED)
      .execute();
  }
  return { topic, from, to, changed: keys };
}

const chunks = (keys: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(keys.length / ENTRIES_PER_ROW) }, (_, index) =>
    keys.slice(index * ENTRIES_PER_ROW, (index + 1) * ENTRIES_PER_ROW),
  );
