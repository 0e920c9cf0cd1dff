import { sql } from "kysely";
import type { CallLogTable, Storage } from "../storage/index.ts";
import type { LoggedCall } from "./entry.ts";
import { ofRow } from "./row.ts";

/** A place in the log by the order in which calls were committed: everything up to it is known, and nothing comes before it any more. */
export interface TailPosition {
  readonly order: bigint;
  readonly createdAt: bigint;
  readonly id: string;
}

/** Before whatever was committed in this place of the order. */
export const tailStart = (order: bigint): TailPosition => ({ order, createdAt: -1n, id: "" });

export const isBehind = (a: TailPosition, b: TailPosition): boolean =>
  a.order !== b.order ? a.order < b.order : a.createdAt !== b.createdAt ? a.createdAt < b.createdAt : a.id < b.id;

export interface TailCall {
  call: LoggedCall;
  position: TailPosition;
}

export interface TailPage {
  calls: TailCall[];
  /** Where the next page begins. */
  position: TailPosition;
  /** Nothing more was committed when this was read. */
  isEnd: boolean;
  /** The position asked for is none of this log: it was begun anew, or put back from a backup. */
  isLost: boolean;
}

type Row = CallLogTable & { commit_order: bigint };
type MaybeRow = { until: bigint } & { [K in keyof Row]: Row[K] | null };

/**
 * The log in the order of commits, whichever node commits: each call once, however late it was written. Calls are written in batches, with
 * payments and by many nodes, so their times say nothing of that order. On PostgreSQL a call is shown when no older
 * transaction is under way: those of the gateway take ten seconds at most, and milliseconds mostly.
 */
export class CallTail {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Where the log ends now. */
  async end(): Promise<TailPosition> {
    const { rows } = await sql<{ until: bigint }>`select ${this.#until} as until`.execute(this.#storage.db);
    return tailStart(rows[0]!.until);
  }

  /** What was committed behind this position, up to `limit` calls. */
  async read(after: TailPosition, limit: number): Promise<TailPage> {
    const order = this.#order;
    // One statement: what it sees, and up to where that is all there is, are of one instant.
    const { rows } = await sql<MaybeRow>`
      select bounds.until, found.* from (select ${this.#until} as until) as bounds
      left join (
        select call_log.*, ${this.#storage.engine === "sqlite" ? sql`rowid as commit_order` : sql`0 as unused`} from call_log
        where ${order} >= ${after.order} and ${order} < ${this.#until}
          and (${order} > ${after.order} or created_at > ${after.createdAt} or (created_at = ${after.createdAt} and id > ${after.id}))
        order by ${order}, created_at, id limit ${limit}
      ) as found on true
      order by found.commit_order, found.created_at, found.id`.execute(this.#storage.db);
    const { until } = rows[0]!;
    const calls = rows.flatMap((row) => {
      if (row.id === null) return [];
      const { commit_order: order, ...call } = row as Row;
      return { call: ofRow(call), position: { order, createdAt: call.created_at, id: call.id } };
    });
    const isEnd = calls.length < limit;
    return {
      calls,
      position: isEnd ? tailStart(until) : calls.at(-1)!.position,
      isEnd,
      isLost: after.order > until,
    };
  }

  /** What is behind everything that was committed. */
  get #until() {
    return this.#storage.engine === "sqlite"
      ? sql<bigint>`(select coalesce(max(rowid), 0) + 1 from call_log)`
      : sql<bigint>`(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)`;
  }

  get #order() {
    return this.#storage.engine === "sqlite" ? sql.ref("rowid") : sql.ref("commit_order");
  }
}
