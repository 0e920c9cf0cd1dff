import type { Insertable, Selectable } from "kysely";
import { sql } from "kysely";
import type { Micros, Timestamps } from "../runtime/index.ts";
import { countWhere, type Statement, type Storage, sumOf, type UcpCheckoutsTable } from "../storage/index.ts";
import { orgIdOf } from "./buyer.ts";
import { type Checkout, fromDocument, toDocument, toSummary } from "./checkout.ts";

type Row = Selectable<UcpCheckoutsTable>;

/** How long one is kept when it is over, to tell what became of it. */
const OVER_KEPT: Micros = 24n * 3_600_000_000n;

/** Where checkout sessions live. */
export class CheckoutStore {
  readonly #storage: Storage;
  readonly #timestamps: Timestamps;

  constructor(storage: Storage, timestamps: Timestamps) {
    this.#storage = storage;
    this.#timestamps = timestamps;
  }

  async find(id: string): Promise<Checkout | undefined> {
    const row = await this.#db.selectFrom("ucp_checkouts").selectAll().where("id", "=", id).executeTakeFirst();
    return row && fromRow(row);
  }

  /** How many of an owner's can still be completed, and their bytes. */
  async openOf(owner: string, now: Micros): Promise<{ count: number; bytes: number }> {
    const { count, bytes } = await this.#db
      .selectFrom("ucp_checkouts")
      .select((eb) => [countWhere(sql`true`).as("count"), sumOf(eb.ref("bytes")).as("bytes")])
      .where("owner", "=", owner)
      .where("phase", "in", ["open", "completing"])
      .where("expires_at", ">", now)
      .executeTakeFirstOrThrow();
    return { count: Number(count), bytes: Number(bytes) };
  }

  async insert(checkout: Checkout): Promise<void> {
    await this.#db.insertInto("ucp_checkouts").values(toRow(checkout)).execute();
  }

  /** Puts a changed one in the place of the one it was made of. @returns it; undefined when that was changed meanwhile */
  async change(before: Checkout, changes: Partial<Checkout>): Promise<Checkout | undefined> {
    const after: Checkout = { ...before, ...changes, revision: before.revision + 1n, updatedAt: this.#timestamps() };
    const update = this.#db.updateTable("ucp_checkouts").set(toRow(after)).where("id", "=", before.id);
    const { numUpdatedRows } = await update.where("revision", "=", before.revision).executeTakeFirst();
    return numUpdatedRows > 0n ? after : undefined;
  }

  /** A statement that takes one which is still as it was for the completion by this order; it returns its id. */
  completing({ id, revision }: Checkout, owner: string, orderId: string): Statement {
    return this.#db
      .updateTable("ucp_checkouts")
      .set({
        phase: "completing",
        owner,
        order_id: orderId,
        failure: null,
        revision: revision + 1n,
        updated_at: this.#timestamps(),
      })
      .where("id", "=", id)
      .where("revision", "=", revision)
      .returning("id")
      .compile();
  }

  /** A statement after which it is completed, as far as it is this order's. */
  completed(id: string, orderId: string, forgetAt: Micros): Statement {
    return this.#of(id, orderId).set({ phase: "completed", forget_at: forgetAt }).compile();
  }

  /** A statement after which it can be completed again, for a while at least. */
  reopened(id: string, orderId: string, failure: string, until: Micros): Statement {
    const expires_at = sql<bigint>`case when expires_at > ${until} then expires_at else ${until} end`;
    const forget_at = sql<bigint>`case when forget_at > ${until + OVER_KEPT} then forget_at else ${until + OVER_KEPT} end`;
    return this.#of(id, orderId).set({ phase: "open", order_id: null, failure, expires_at, forget_at }).compile();
  }

  #of(id: string, orderId: string) {
    return this.#db
      .updateTable("ucp_checkouts")
      .set((eb) => ({ revision: eb("revision", "+", 1n), updated_at: this.#timestamps() }))
      .where("id", "=", id)
      .where("order_id", "=", orderId);
  }

  get #db() {
    return this.#storage.db;
  }
}

function toRow(checkout: Checkout): Insertable<UcpCheckoutsTable> {
  const { lines, remarks, failure, expiresAt } = checkout;
  const document = JSON.stringify({ lines: toDocument(lines), remarks });
  return {
    id: checkout.id,
    owner: checkout.owner,
    phase: checkout.phase,
    revision: checkout.revision,
    order_id: checkout.orderId,
    failure: failure && JSON.stringify(failure),
    created_at: checkout.createdAt,
    updated_at: checkout.updatedAt,
    expires_at: expiresAt,
    // What is nobody's is told to nobody any more.
    forget_at: expiresAt + (orgIdOf(checkout.owner) === undefined ? 0n : OVER_KEPT),
    bytes: BigInt(Buffer.byteLength(document)),
    document,
    summary: toSummary(lines),
  };
}

function fromRow(row: Row): Checkout {
  const { lines, remarks } = JSON.parse(row.document);
  return {
    id: row.id,
    owner: row.owner,
    phase: row.phase,
    revision: row.revision,
    orderId: row.order_id,
    failure: row.failure === null ? null : JSON.parse(row.failure),
    lines: fromDocument(lines),
    remarks,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at,
  };
}
