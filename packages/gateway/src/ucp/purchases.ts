import { type SqlBool, sql } from "kysely";
import type { Micros } from "../runtime/index.ts";
import { countWhere, type Storage } from "../storage/index.ts";
import { type Checkout, fromSummary, type Line } from "./checkout.ts";
import type { Order, Run } from "./order.ts";

/** A line as lists tell it: without what its agent is to do. */
export type SummedLine = Omit<Line, "inputs" | "given">;

/** A checkout in a list. */
export interface ListedCheckout
  extends Pick<Checkout, "id" | "phase" | "orderId" | "createdAt" | "updatedAt" | "expiresAt"> {
  lines: readonly SummedLine[];
  failure: Checkout["failure"];
}

/** How many tasks of a line are in which state. */
export interface LineTasks {
  line: string;
  state: Run["state"];
  count: number;
}

/** An order in a list. */
export interface ListedOrder extends Pick<Order, "id" | "checkoutId" | "isDone" | "createdAt" | "updatedAt"> {
  lines: readonly SummedLine[];
  tasks: readonly LineTasks[];
}

/** Where a page ended. */
export interface PurchasePlace {
  createdAt: Micros;
  id: string;
}

interface PageOf {
  after: PurchasePlace | undefined;
  limit: number;
}

/** What somebody has bought, or was about to: pages of it, the newest first. */
export class Purchases {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async checkouts(owner: string, { after, limit }: PageOf): Promise<ListedCheckout[]> {
    const rows = await this.#db
      .selectFrom("ucp_checkouts")
      .select(["id", "phase", "order_id", "failure", "summary", "created_at", "updated_at", "expires_at"])
      .where("owner", "=", owner)
      .$if(after !== undefined, (query) => query.where(isBefore(after!)))
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      id: row.id,
      phase: row.phase,
      orderId: row.order_id,
      lines: fromSummary(row.summary),
      failure: row.failure === null ? null : JSON.parse(row.failure),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      expiresAt: row.expires_at,
    }));
  }

  /** Those of which somebody was told. */
  async orders(owner: string, { after, limit }: PageOf): Promise<ListedOrder[]> {
    const rows = await this.#db
      .selectFrom("ucp_orders")
      .select(["id", "checkout_id", "done", "summary", "created_at", "updated_at"])
      .where("owner", "=", owner)
      .where("phase", "=", "placed")
      .$if(after !== undefined, (query) => query.where(isBefore(after!)))
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(limit)
      .execute();
    const tasks = await this.#tasksOf(rows.map(({ id }) => id));
    return rows.map((row) => ({
      id: row.id,
      checkoutId: row.checkout_id,
      isDone: row.done === 1n,
      lines: fromSummary(row.summary),
      tasks: tasks.filter(({ orderId }) => orderId === row.id),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }));
  }

  async #tasksOf(orderIds: readonly string[]): Promise<(LineTasks & { orderId: string })[]> {
    if (orderIds.length === 0) return [];
    const rows = await this.#db
      .selectFrom("ucp_runs")
      .select(["order_id", "line", "state", countWhere(sql`true`).as("count")])
      .where("order_id", "in", orderIds)
      .groupBy(["order_id", "line", "state"])
      .execute();
    return rows.map(({ order_id, line, state, count }) => ({ orderId: order_id, line, state, count: Number(count) }));
  }

  get #db() {
    return this.#storage.db;
  }
}

const isBefore = ({ createdAt, id }: PurchasePlace) => sql<SqlBool>`(created_at, id) < (${createdAt}, ${id})`;
