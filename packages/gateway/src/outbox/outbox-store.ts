import { type RawBuilder, sql } from "kysely";
import type { Clock } from "../runtime/index.ts";
import { type Database, type Statement, type Storage, sharedNow, sumOf } from "../storage/index.ts";
import type { Lane, Message } from "./lane.ts";

/** How much waits. */
export interface Amount {
  messages: number;
  bytes: number;
}

export interface StoredMessage extends Message {
  bytes: number;
}

const LANE_COLUMNS = ["id", "owner", "source", "tenant", "receiver"] as const;
const micros = (milliseconds: number): bigint => BigInt(Math.round(milliseconds * 1000));

/** Where lanes and their messages live. All times are the database's, and are given to it as spans. */
export class OutboxStore {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #topic: string;

  constructor(storage: Storage, clock: Clock, topic: string) {
    this.#storage = storage;
    this.#clock = clock;
    this.#topic = topic;
  }

  /**
   * Adds a message to its lane, which is made when it is not there.
   *
   * @param waitMs how long a new lane waits for its first attempt
   * @returns false when the lane holds as much as `max` already
   */
  async add(lane: Lane, { id, body, bytes }: StoredMessage, waitMs: number, max: Amount): Promise<boolean> {
    const { db } = this.#storage;
    const now = this.#now();
    const size = BigInt(bytes);
    const upsert = sql<{ added: bigint }>`
      insert into outbox_lanes
        (id, topic, owner, source, tenant, receiver, messages, bytes, added, failures, due_at, lease)
      values (${lane.id}, ${this.#topic}, ${lane.owner}, ${lane.source}, ${lane.tenant}, ${lane.receiver}, 1, ${size}, 1, 0,
        ${now} + ${micros(waitMs)}, null)
      on conflict (id) do update
        set messages = outbox_lanes.messages + 1, bytes = outbox_lanes.bytes + excluded.bytes, added = outbox_lanes.added + 1
        where outbox_lanes.messages < ${BigInt(max.messages)} and outbox_lanes.bytes + excluded.bytes <= ${BigInt(max.bytes)}
      returning added`;
    return this.#storage.transact([upsert.compile(db)], ([found]) => {
      const seq = found?.rows[0]?.added as bigint | undefined;
      if (seq === undefined) return { writes: [], value: false };
      const insert = sql`
        insert into outbox_messages (id, lane, seq, body, bytes, attempts, created_at)
        values (${id}, ${lane.id}, ${seq}, ${body}, ${size}, 0, ${now})`;
      return { writes: [insert.compile(db)], value: true };
    });
  }

  /** Lanes whose time has come, those that have waited longest first. */
  async due(limit: number): Promise<Lane[]> {
    return this.#storage.db
      .selectFrom("outbox_lanes")
      .select(LANE_COLUMNS)
      .where("topic", "=", this.#topic)
      .where("due_at", "<=", this.#now())
      .orderBy("due_at")
      .limit(limit)
      .execute();
  }

  /** Takes a lane whose time has come. @returns its failures in a row; undefined when somebody else has it, or it waits */
  async take(id: string, lease: string, leaseMs: number): Promise<number | undefined> {
    const now = this.#now();
    const [taken] = await this.#storage.batch([
      this.#compiled(
        sql`update outbox_lanes set lease = ${lease}, due_at = ${now} + ${micros(leaseMs)}
          where id = ${id} and due_at <= ${now} returning failures`,
      ),
    ]);
    const failures = taken?.rows[0]?.failures as bigint | undefined;
    return failures === undefined ? undefined : Number(failures);
  }

  /** Keeps what was taken for longer. Answers which of the leases are still there. */
  async renew(leases: ReadonlyMap<string, string>, leaseMs: number): Promise<Set<string>> {
    const now = this.#now();
    const held = [...leases];
    const results = await this.#storage.batch(
      held.map(([id, lease]) =>
        this.#compiled(
          sql`update outbox_lanes set due_at = ${now} + ${micros(leaseMs)}
            where id = ${id} and lease = ${lease} and due_at > ${now}`,
        ),
      ),
    );
    return new Set(held.filter((_, index) => results[index]!.affected > 0n).map(([id]) => id));
  }

  /** The next message of a lane that is held; undefined when there is none, or the lane is no longer held. */
  async head(id: string, lease: string): Promise<StoredMessage | undefined> {
    const { rows } = await sql<Pick<Database["outbox_messages"], "id" | "body" | "bytes" | "attempts">>`
      select message.id, message.body, message.bytes, message.attempts
      from outbox_lanes as lane join outbox_messages as message on message.lane = lane.id
      where lane.id = ${id} and lane.lease = ${lease} and lane.due_at > ${this.#now()}
      order by message.seq limit 1`.execute(this.#storage.db);
    const [row] = rows;
    return row && { ...row, bytes: Number(row.bytes), attempts: Number(row.attempts) };
  }

  /** A message of a lane that is held was delivered. @returns false when the lane is no longer held: it will be delivered again */
  async delivered(id: string, lease: string, message: StoredMessage): Promise<boolean> {
    const [taken] = await this.#storage.batch([
      ...this.#removal(id, lease, message),
      this.#compiled(sql`update outbox_lanes set failures = 0 where id = ${id} and lease = ${lease} and failures > 0`),
    ]);
    return taken!.affected > 0n;
  }

  /** The lane with all that waits in it goes. */
  async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#storage.db.deleteFrom("outbox_lanes").where("id", "=", id).execute();
  }

  /**
   * Gives back a lane that is held after an attempt that failed.
   *
   * @param givenUp the message is not tried again
   */
  async failed(id: string, lease: string, message: StoredMessage, waitMs: number, givenUp: boolean): Promise<void> {
    await this.#storage.batch([
      ...(givenUp ? this.#removal(id, lease, message) : []),
      this.#compiled(
        sql`update outbox_lanes set failures = failures + 1, lease = null, due_at = ${this.#now()} + ${micros(waitMs)}
          where id = ${id} and lease = ${lease}`,
      ),
      this.#compiled(sql`update outbox_messages set attempts = attempts + 1 where id = ${message.id}`),
      this.#emptied(id),
    ]);
  }

  /** Gives back a lane that is held, to be taken again after `waitMs`; one in which nothing waits is gone. */
  async release(id: string, lease: string, waitMs = 0): Promise<void> {
    await this.#storage.batch([
      this.#emptied(id),
      this.#compiled(
        sql`update outbox_lanes set lease = null, due_at = ${this.#now()} + ${micros(waitMs)}
          where id = ${id} and lease = ${lease}`,
      ),
    ]);
  }

  /** Forgets what has waited for longer than this in a lane that is held. @returns how many */
  async expire(id: string, lease: string, ageMs: number): Promise<bigint> {
    const { db } = this.#storage;
    const { rows } = await sql<{ before: bigint }>`select ${this.#now()} - ${micros(ageMs)} as before`.execute(db);
    const old = sql`from outbox_messages where lane = ${id} and created_at < ${rows[0]!.before}`;
    const held = sql`outbox_lanes.id = ${id} and outbox_lanes.lease = ${lease}`;
    const [, expired] = await this.#storage.batch([
      this.#compiled(
        sql`update outbox_lanes set messages = messages - (select count(*) ${old}),
          bytes = bytes - (select ${sumOf(sql.ref("outbox_messages.bytes"))} ${old}) where ${held}`,
      ),
      this.#compiled(sql`delete ${old} and exists (select 1 from outbox_lanes where ${held})`),
    ]);
    return expired!.affected;
  }

  /** Lanes that cannot be served now wait for so long; those that somebody has taken meanwhile stay his. */
  async postpone(waits: readonly { id: string; waitMs: number }[]): Promise<void> {
    const now = this.#now();
    await this.#storage.batch(
      waits.map(({ id, waitMs }) =>
        this.#compiled(
          sql`update outbox_lanes set due_at = ${now} + ${micros(waitMs)} where id = ${id} and due_at <= ${now}`,
        ),
      ),
    );
  }

  /**
   * Lets lanes go on whose time lies further ahead than any wait is long: the database's clock was put back.
   * @param limit how many at most
   */
  async recall(longestMs: number, limit: number): Promise<void> {
    const now = this.#now();
    await sql`update outbox_lanes set due_at = ${now} where id in (
      select id from outbox_lanes where topic = ${this.#topic} and due_at > ${now} + ${micros(longestMs)}
      order by due_at limit ${BigInt(limit)})`.execute(this.#storage.db);
  }

  /** What waits for an owner, or of a source; counted no further than `enough` lanes. */
  async amountOf(column: "owner" | "source", value: string, enough: number): Promise<Amount> {
    const { rows } = await sql<Record<keyof Amount, bigint>>`
      select ${sumOf(sql.ref("messages"))} as messages, ${sumOf(sql.ref("bytes"))} as bytes from (
        select messages, bytes from outbox_lanes where ${sql.ref(column)} = ${value} and topic = ${this.#topic}
        limit ${BigInt(enough)}) as lanes`.execute(this.#storage.db);
    return { messages: Number(rows[0]!.messages), bytes: Number(rows[0]!.bytes) };
  }

  /** A page of all lanes by their ids, summed up. */
  async amountAfter(after: string, limit: number): Promise<Amount & { last: string | undefined }> {
    const rows = await this.#storage.db
      .selectFrom("outbox_lanes")
      .select(["id", "messages", "bytes"])
      .where("id", ">", after)
      .orderBy("id")
      .limit(limit)
      .execute();
    const sum = { messages: 0, bytes: 0 };
    for (const { messages, bytes } of rows) {
      sum.messages += Number(messages);
      sum.bytes += Number(bytes);
    }
    return { ...sum, last: rows.length === limit ? rows.at(-1)?.id : undefined };
  }

  /** Takes a message out of a lane that is held: first the lane, which everybody locks first. */
  #removal(id: string, lease: string, message: StoredMessage): Statement[] {
    return [
      this.#compiled(
        sql`update outbox_lanes set messages = messages - 1, bytes = bytes - ${BigInt(message.bytes)}
          where id = ${id} and lease = ${lease}
            and exists (select 1 from outbox_messages where outbox_messages.id = ${message.id})`,
      ),
      this.#compiled(
        sql`delete from outbox_messages where id = ${message.id}
          and exists (select 1 from outbox_lanes where outbox_lanes.id = ${id} and outbox_lanes.lease = ${lease})`,
      ),
    ];
  }

  #emptied(id: string): Statement {
    return this.#compiled(sql`delete from outbox_lanes where id = ${id} and messages <= 0`);
  }

  #compiled(statement: RawBuilder<unknown>): Statement {
    return statement.compile(this.#storage.db);
  }

  #now(): RawBuilder<bigint> {
    return sharedNow(this.#storage.engine, this.#clock);
  }
}
