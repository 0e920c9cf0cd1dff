import { type RawBuilder, sql } from "kysely";
import type { Clock } from "../runtime/index.ts";
import { type Database, type Statement, type Storage, sharedNow, sumOf } from "../storage/index.ts";
import type { Lane } from "./lane.ts";
import type { Amount, LaneStore, StockStore, StoredMessage, Taken } from "./lane-store.ts";

const LANE_COLUMNS = ["id", "owner", "source", "tenant", "receiver"] as const;
const micros = (milliseconds: number): bigint => BigInt(Math.round(milliseconds * 1000));

/** Lanes and messages of rooms that keep nothing else of them. */
export class OutboxStore implements LaneStore, StockStore {
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

  async take(id: string, lease: string, leaseMs: number): Promise<Taken | undefined> {
    const now = this.#now();
    const [taken] = await this.#storage.batch([
      this.#compiled(
        sql`update outbox_lanes set lease = ${lease}, due_at = ${now} + ${micros(leaseMs)}
          where id = ${id} and due_at <= ${now} returning failures`,
      ),
    ]);
    const failures = taken?.rows[0]?.failures as bigint | undefined;
    return failures === undefined ? undefined : { failures: Number(failures) };
  }

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

  async head(id: string, lease: string): Promise<StoredMessage | undefined> {
    const { rows } = await sql<Pick<Database["outbox_messages"], "id" | "body" | "bytes" | "attempts">>`
      select message.id, message.body, message.bytes, message.attempts
      from outbox_lanes as lane join outbox_messages as message on message.lane = lane.id
      where lane.id = ${id} and lane.lease = ${lease} and lane.due_at > ${this.#now()}
      order by message.seq limit 1`.execute(this.#storage.db);
    const [row] = rows;
    return row && { ...row, bytes: Number(row.bytes), attempts: Number(row.attempts) };
  }

  async delivered(id: string, lease: string, message: StoredMessage): Promise<"held" | "lost"> {
    const [taken] = await this.#storage.batch([
      ...this.#removal(id, lease, message),
      this.#compiled(sql`update outbox_lanes set failures = 0 where id = ${id} and lease = ${lease} and failures > 0`),
    ]);
    return taken!.affected > 0n ? "held" : "lost";
  }

  async gone(id: string): Promise<void> {
    await this.drop([id]);
  }

  /** The lane with all that waits in it goes. */
  async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) await this.#storage.db.deleteFrom("outbox_lanes").where("id", "=", id).execute();
  }

  async failed(
    id: string,
    lease: string,
    message: StoredMessage,
    { waitMs, givenUp }: { waitMs: number; givenUp: boolean },
  ): Promise<void> {
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

  async release(id: string, lease: string, waitMs = 0): Promise<void> {
    await this.#storage.batch([
      this.#emptied(id),
      this.#compiled(
        sql`update outbox_lanes set lease = null, due_at = ${this.#now()} + ${micros(waitMs)}
          where id = ${id} and lease = ${lease}`,
      ),
    ]);
  }

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

  async recall(longestMs: number, limit: number): Promise<void> {
    const now = this.#now();
    await sql`update outbox_lanes set due_at = ${now} where id in (
      select id from outbox_lanes where topic = ${this.#topic} and due_at > ${now} + ${micros(longestMs)}
      order by due_at limit ${BigInt(limit)})`.execute(this.#storage.db);
  }

  async amountOf(column: "owner" | "source", value: string, enough: number): Promise<Amount> {
    const { rows } = await sql<Record<keyof Amount, bigint>>`
      select ${sumOf(sql.ref("messages"))} as messages, ${sumOf(sql.ref("bytes"))} as bytes from (
        select messages, bytes from outbox_lanes where ${sql.ref(column)} = ${value} and topic = ${this.#topic}
        limit ${BigInt(enough)}) as lanes`.execute(this.#storage.db);
    return { messages: Number(rows[0]!.messages), bytes: Number(rows[0]!.bytes) };
  }

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
