import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Clock, Micros } from "../runtime/index.ts";
import { type Database, type LogSinksTable, type Statement, type Storage, sharedNow } from "../storage/index.ts";
import { CallTail, type TailPosition } from "./call-tail.ts";

/** Before the oldest row that there is. */
export const LOG_START: TailPosition = { order: 0n, createdAt: -1n, id: "" };

/** A sink that no node has spoken for so long is none any more: nothing is kept for it. */
const LIVES_MICROS = 86_400_000_000n;
/** The longest that a call takes, and with it how much earlier one may have begun that is committed later. */
const CALL_MICROS_MAX = 86_400_000_000n;
/** Beyond so many, those are forgotten that were heard of least lately. */
const SINKS_MAX = 100;
const TROUBLE_MAX = 500;

export type SinkState = LogSinksTable & {
  /** Somebody writes to it, or tries to. */
  lives: boolean;
};

export interface SinkCursor {
  /** It has all up to there. */
  position: TailPosition;
  /** Rows that were forgotten before it took them. */
  lost: bigint;
}

/** How far each sink is that the log is written to: the log itself is what waits for them. */
export class SinkCursors {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #tail: CallTail;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
    this.#tail = new CallTail(storage);
  }

  /** How far this one is; a new one begins with the oldest row. Says that it lives. */
  async open(name: string): Promise<SinkCursor> {
    const row = await this.#db
      .insertInto("log_sinks")
      .values({
        name,
        position_order: LOG_START.order,
        position_time: LOG_START.createdAt,
        position_id: LOG_START.id,
        taken: 0n,
        lost: 0n,
        written_at: null,
        waiting_since: null,
        trouble: null,
        seen_at: this.#now,
      })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ seen_at: this.#now }))
      .returning(["position_order", "position_time", "position_id", "lost"])
      .executeTakeFirstOrThrow();
    await sql`delete from log_sinks where name in (
      select name from log_sinks order by seen_at desc limit 1000 offset ${SINKS_MAX})`.execute(this.#db);
    return { position: positionOf(row), lost: row.lost };
  }

  /** How far it is; undefined for one that was never opened. */
  async position(name: string): Promise<TailPosition | undefined> {
    const query = this.#db.selectFrom("log_sinks").select(["position_order", "position_time", "position_id"]);
    const row = await query.where("name", "=", name).executeTakeFirst();
    return row && positionOf(row);
  }

  /** It has taken all between. @returns false when it is not there any more: somebody else has moved it */
  async advance(name: string, from: TailPosition, to: TailPosition, rows: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#db
      .updateTable("log_sinks")
      .set((eb) => ({
        position_order: to.order,
        position_time: to.createdAt,
        position_id: to.id,
        taken: eb("taken", "+", BigInt(rows)),
        written_at: this.#now,
        waiting_since: null,
        trouble: null,
        seen_at: this.#now,
      }))
      .where("name", "=", name)
      .where("position_order", "=", from.order)
      .where("position_time", "=", from.createdAt)
      .where("position_id", "=", from.id)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  }

  /**
   * Says that it lives, since when the oldest row waits for it, and what is wrong.
   *
   * @param from where what waits begins: when it has been taken meanwhile, by another node, nothing is wrong with it any more
   */
  async note(name: string, waitingSince: Micros | null, trouble: string | null, from?: TailPosition): Promise<void> {
    let update = this.#db
      .updateTable("log_sinks")
      .set({ seen_at: this.#now, waiting_since: waitingSince, trouble: trouble?.slice(0, TROUBLE_MAX) ?? null })
      .where("name", "=", name);
    if (from)
      update = update
        .where("position_order", "=", from.order)
        .where("position_time", "=", from.createdAt)
        .where("position_id", "=", from.id);
    await update.execute();
  }

  /** All that there were lately, by name. */
  async list(): Promise<SinkState[]> {
    const rows = await this.#db
      .selectFrom("log_sinks")
      .selectAll()
      .select(sql<bigint>`cast(case when ${this.#lives} then 1 else 0 end as bigint)`.as("living"))
      .orderBy("name")
      .limit(SINKS_MAX)
      .execute();
    return rows.map(({ living, ...row }) => ({ ...row, lives: living === 1n }));
  }

  /**
   * Before when no row was made that a sink waits for; undefined when none waits. Those count as well that nobody can read yet in the
   * order of commits, because an older transaction is under way.
   */
  async waitingSince(): Promise<Micros | undefined> {
    let since: Micros | undefined;
    for (const sink of (await this.list()).filter(({ lives }) => lives)) {
      const position = positionOf(sink);
      const { isLost } = await this.#tail.read(position, 1);
      const first = await this.#firstBehind(isLost ? LOG_START : position);
      if (first !== undefined && (since === undefined || first < since)) since = first;
    }
    return since === undefined ? undefined : since - CALL_MICROS_MAX;
  }

  async #firstBehind({ order, createdAt, id }: TailPosition): Promise<Micros | undefined> {
    const at = sql.ref(this.#orderColumn);
    const { rows } = await sql<{ created_at: Micros }>`select created_at from call_log
      where ${at} >= ${order} and (${at} > ${order} or created_at > ${createdAt} or (created_at = ${createdAt} and id > ${id}))
      order by ${at}, created_at, id limit 1`.execute(this.#db);
    return rows[0]?.created_at;
  }

  /** Counts as lost what of the rows made before `to` a sink has not taken; to be committed with what takes them away. */
  losing(table: string, to: Micros): Statement {
    const count = this.#untaken(table, sql`gone.created_at < ${to}`);
    return sql`update log_sinks set lost = lost + ${count} where ${this.#lives}`.compile(this.#db);
  }

  /** Adds how many of the rows made in this time each sink has not taken. */
  async addUntaken(sums: Map<string, bigint>, table: string, from: Micros, to: Micros): Promise<void> {
    const count = this.#untaken(table, sql`gone.created_at >= ${from} and gone.created_at < ${to}`);
    const { rows } = await sql<{ name: string; untaken: bigint }>`
      select name, ${count} as untaken from log_sinks where ${this.#lives}`.execute(this.#db);
    for (const { name, untaken } of rows) sums.set(name, (sums.get(name) ?? 0n) + untaken);
  }

  /** Counts so many rows as lost, by sink. */
  async lose(sums: ReadonlyMap<string, bigint>): Promise<void> {
    for (const [name, rows] of sums) {
      const counted = this.#db.updateTable("log_sinks").set((eb) => ({ lost: eb("lost", "+", rows) }));
      if (rows > 0n) await counted.where("name", "=", name).execute();
    }
  }

  /** SQLite numbers rows anew once the last are gone: then no cursor stands behind them. To be committed with what takes them away. */
  stepBack(): Statement {
    const end = sql`(select coalesce(max(rowid), 0) + 1 from call_log)`;
    return sql`update log_sinks set position_order = ${end}, position_time = -1, position_id = ''
      where position_order > ${end}`.compile(this.#db);
  }

  #untaken(table: string, when: RawBuilder<unknown>) {
    const order = sql.ref(`gone.${this.#orderColumn}`);
    return sql<bigint>`(select count(*) from ${sql.ref(table)} as gone where ${when} and (${order} > position_order
      or (${order} = position_order and (gone.created_at > position_time
        or (gone.created_at = position_time and gone.id > position_id)))))`;
  }

  get #orderColumn() {
    return this.#storage.engine === "sqlite" ? "rowid" : "commit_order";
  }

  get #lives() {
    return sql`seen_at > ${this.#now} - ${LIVES_MICROS}`;
  }

  get #now() {
    return sharedNow(this.#storage.engine, this.#clock);
  }

  get #db(): Kysely<Database> {
    return this.#storage.db;
  }
}

const positionOf = (row: Pick<LogSinksTable, "position_order" | "position_time" | "position_id">): TailPosition => ({
  order: row.position_order,
  createdAt: row.position_time,
  id: row.position_id,
});
