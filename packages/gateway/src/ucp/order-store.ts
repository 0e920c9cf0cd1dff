import { type Selectable, sql } from "kysely";
import { orgScope } from "../access/index.ts";
import type { Micros, Timestamps } from "../runtime/index.ts";
import type { Statement, Storage, UcpOrdersTable, UcpRunsTable } from "../storage/index.ts";
import { type Checkout, type Failure, fromDocument, runsOf, toDocument, toSummary } from "./checkout.ts";
import type { CheckoutStore } from "./checkout-store.ts";
import type { Order, OrderTerms, Run } from "./order.ts";

/** Results of an order that are told within it; what is more is had by itself. */
const INLINE_BYTES_MAX = 1_048_576;
/** How long a checkout can be completed again, at least, when nothing came of a completion. */
const RETRY_MICROS: Micros = 1_800_000_000n;

const runColumns = [
  ...(["id", "order_id", "position", "line", "agent_id", "state"] as const),
  ...(["finished_at", "transaction_id", "error", "result_bytes"] as const),
] as const;
type RunRow = Pick<Selectable<UcpRunsTable>, (typeof runColumns)[number] | "result">;

export interface OrderStoreOptions {
  storage: Storage;
  timestamps: Timestamps;
  checkouts: CheckoutStore;
  /** How long orders are kept. */
  keptMs: number;
  /** Statements that tell whoever wants to know of an order as it is now. */
  tell(order: Order): Statement[];
}

/** Where orders and their tasks live. */
export class OrderStore {
  readonly #options: OrderStoreOptions;

  constructor(options: OrderStoreOptions) {
    this.#options = options;
  }

  async find(id: string): Promise<Order | undefined> {
    const row = await this.#db.selectFrom("ucp_orders").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row) return undefined;
    return fromRow(row, await this.#runsOf(id).execute());
  }

  /** What an agent answered to one task of an order. */
  async result(orderId: string, position: number): Promise<string | undefined> {
    const query = this.#db.selectFrom("ucp_runs").select("result").where("order_id", "=", orderId);
    return (await query.where("position", "=", BigInt(position)).executeTakeFirst())?.result ?? undefined;
  }

  /**
   * Places the order of a checkout that is still as it was.
   *
   * @param dueIn after how many microseconds somebody has to look whether anybody is at it
   */
  place(
    checkout: Checkout,
    orderId: string,
    terms: OrderTerms,
    runs: { id: string; line: string; agentId: string }[],
    dueIn: bigint,
  ): Promise<boolean> {
    const { storage, timestamps, checkouts, keptMs } = this.#options;
    const now = timestamps();
    const order = this.#db.insertInto("ucp_orders").values({
      id: orderId,
      checkout_id: checkout.id,
      owner: orgScope(terms.payerOrgId),
      phase: "placing",
      done: 0n,
      revision: 0n,
      told: 0n,
      created_at: now,
      updated_at: now,
      forget_at: now + BigInt(keptMs) * 1000n,
      due_at: now + dueIn,
      bytes: 0n,
      document: JSON.stringify({ ...terms, lines: toDocument(terms.lines) }),
      summary: toSummary(terms.lines),
    });
    const tasks = runs.map(({ id, line, agentId }, position) =>
      this.#db.insertInto("ucp_runs").values({
        id,
        order_id: orderId,
        position: BigInt(position),
        line,
        agent_id: agentId,
        state: "waiting",
        result_bytes: 0n,
      }),
    );
    const taken = checkouts.completing(checkout, orgScope(terms.payerOrgId), orderId);
    return storage.transact([taken], ([found]) => {
      const isTaken = found!.rows.length > 0;
      return { writes: isTaken ? [order, ...tasks].map((query) => query.compile()) : [], value: isTaken };
    });
  }

  /** Statements that keep what came of a task, to be committed with its payment. */
  settled(
    run: Run,
    orderId: string,
    { result, transactionId }: { result: string; transactionId: string },
  ): Statement[] {
    const bytes = BigInt(Buffer.byteLength(result));
    const now = this.#options.timestamps();
    const done = { state: "done", finished_at: now, transaction_id: transactionId, error: null } as const;
    return [
      this.#db
        .updateTable("ucp_orders")
        .set((eb) => ({ bytes: eb("bytes", "+", bytes) }))
        .where("id", "=", orderId)
        .compile(),
      this.#db
        .updateTable("ucp_runs")
        .set({ ...done, result, result_bytes: bytes })
        .where("id", "=", run.id)
        .compile(),
    ];
  }

  /** Nothing came of a task, and nobody pays for it. */
  async failed(run: Run, error: Failure): Promise<void> {
    await this.#db
      .updateTable("ucp_runs")
      .set({ state: "failed", finished_at: this.#options.timestamps(), error: JSON.stringify(error) })
      .where("id", "=", run.id)
      .where("state", "=", "waiting")
      .execute();
  }

  /** Somebody is at an order's tasks until then at least, or it is to be looked at then. */
  async postpone(orderId: string, by: bigint): Promise<void> {
    const due_at = this.#options.timestamps() + by;
    await this.#db.updateTable("ucp_orders").set({ due_at }).where("id", "=", orderId).where("done", "=", 0n).execute();
  }

  /** Orders that nobody seems to be at; each is taken by who is the first to ask. */
  async takeDue(limit: number, leaseMicros: bigint): Promise<string[]> {
    const now = this.#options.timestamps();
    const due = await this.#db
      .selectFrom("ucp_orders")
      .select(["id", "due_at"])
      .where("done", "=", 0n)
      .where("due_at", "<=", now)
      .orderBy("due_at")
      .limit(limit)
      .execute();
    const taken: string[] = [];
    for (const { id, due_at } of due) {
      const take = this.#db
        .updateTable("ucp_orders")
        .set({ due_at: now + leaseMicros })
        .where("id", "=", id);
      const { numUpdatedRows } = await take.where("due_at", "=", due_at).executeTakeFirst();
      if (numUpdatedRows > 0n) taken.push(id);
    }
    return taken;
  }

  /**
   * Tells the checkout what came of its order, if that is known: when all tasks are over, or when it was waited for long enough. An order
   * of which nothing came, and of which nobody has heard, is gone then, and its checkout open again.
   */
  conclude(orderId: string, { isWaitOver }: { isWaitOver: boolean }): Promise<void> {
    const { storage, timestamps, checkouts, keptMs, tell } = this.#options;
    const now = timestamps();
    const lock = this.#db
      .updateTable("ucp_orders")
      .set({ updated_at: now })
      .where("id", "=", orderId)
      .where("done", "=", 0n);
    const reads = [lock.returningAll().compile(), this.#runsOf(orderId).compile()];
    return storage.transact(reads, ([orders, found]) => {
      const [row] = orders!.rows as Selectable<UcpOrdersTable>[];
      if (!row) return { writes: [], value: undefined };
      const before = fromRow(row, found!.rows as RunRow[]);
      const { runs, phase, checkoutId } = before;
      const over = runs.filter(({ state }) => state !== "waiting");
      const isDone = over.length === runs.length;
      if (phase === "placing" && isDone && over.every(({ state }) => state === "failed")) {
        const gone = this.#db.deleteFrom("ucp_orders").where("id", "=", orderId).compile();
        const error = JSON.stringify(runs[0]?.error ?? null);
        return { writes: [gone, checkouts.reopened(checkoutId, orderId, error, now + RETRY_MICROS)], value: undefined };
      }
      const isPlacedNow = phase === "placing" && (isDone || isWaitOver);
      const isNews = phase === "placed" && (isDone || over.length > Number(row.told));
      if (!isPlacedNow && !isNews) return { writes: [], value: undefined };
      const after: Order = { ...before, phase: "placed", isDone, revision: before.revision + 1n, updatedAt: now };
      const change = {
        phase: "placed",
        done: isDone ? 1n : 0n,
        revision: after.revision,
        told: BigInt(over.length),
      } as const;
      const update = this.#db.updateTable("ucp_orders").set(change).where("id", "=", orderId).compile();
      const completed = checkouts.completed(checkoutId, orderId, now + BigInt(keptMs) * 1000n);
      return { writes: [update, ...(isPlacedNow ? [completed] : []), ...tell(after)], value: undefined };
    });
  }

  /** The tasks of an order, with their results as far as these can be told together. */
  #runsOf(orderId: string) {
    const until = sql`sum(case when state = 'done' then result_bytes else 0 end) over (order by position)`;
    return this.#db
      .selectFrom("ucp_runs")
      .select(runColumns)
      .select(sql<string | null>`case when ${until} <= ${sql.lit(INLINE_BYTES_MAX)} then result end`.as("result"))
      .where("order_id", "=", orderId)
      .orderBy("position");
  }

  get #db() {
    return this.#options.storage.db;
  }
}

function fromRow(row: Selectable<UcpOrdersTable>, runs: readonly RunRow[]): Order {
  const { lines, ...terms } = JSON.parse(row.document);
  return {
    id: row.id,
    checkoutId: row.checkout_id,
    owner: row.owner,
    phase: row.phase,
    isDone: row.done === 1n,
    revision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    terms: { ...terms, lines: fromDocument(lines) },
    runs: runs.map((run) => ({
      id: run.id,
      position: Number(run.position),
      line: run.line,
      agentId: run.agent_id,
      state: run.state,
      finishedAt: run.finished_at,
      transactionId: run.transaction_id,
      error: run.error === null ? null : JSON.parse(run.error),
      resultBytes: Number(run.result_bytes),
      result: run.result,
    })),
  };
}

/** The task that a run of an order sends: its line's one, or its own. */
export function inputOf({ terms, runs }: Order, run: Run): string {
  const line = terms.lines.find(({ id }) => id === run.line)!;
  if (line.inputs.length === 1) return line.inputs[0]!;
  const first = runs.find((one) => one.line === run.line)!.position;
  return line.inputs[run.position - first] ?? line.inputs[0]!;
}

export const allRunsOf = (lines: OrderTerms["lines"]) =>
  lines.flatMap((line) => Array.from({ length: runsOf(line) }, () => ({ line: line.id, agentId: line.agentId })));
