import { formatMicroDollars } from "@agentgate/protocol";
import { type Micros, renderTimestamp } from "../runtime/index.ts";
import type { Line } from "./checkout.ts";
import { permalinkOf, subtotalAndTotal, type ViewOptions } from "./checkout-view.ts";
import { envelope, type Negotiated } from "./envelope.ts";
import { vendorNamesOf } from "./namespace.ts";
import type { Order, Run } from "./order.ts";
import { CURRENCY } from "./product.ts";
import { tasksOf } from "./run-view.ts";

const MICROS_PER_CENT = 10_000n;

/** What became of a line: its items one by one, each as the tasks that it runs. */
interface LineCount {
  line: Line;
  items: Run[][];
  /** Items of which every task failed. */
  removed: number;
  fulfilled: number;
  /** What was not charged, in micro-dollars: of the tasks that failed. */
  uncharged: bigint;
  /** The same in whole cents: of a pack, less than a cent is not told as money. */
  unchargedCents: number;
}

/** An order on the wire: what was bought, and what came of it. */
export function orderView(order: Order, agreed: Negotiated, options: Omit<ViewOptions, "topupUrl">): object {
  const { id, checkoutId, terms, createdAt } = order;
  const { url } = options;
  const names = vendorNamesOf(url);
  const counts = terms.lines.map((line) => countOf(order, line));
  const amountOf = ({ line, unchargedCents }: LineCount) => line.cents * line.quantity - unchargedCents;
  const adjustments = counts.filter(({ uncharged }) => uncharged > 0n).map(adjustmentOf);
  return {
    ucp: envelope(agreed),
    id,
    checkout_id: checkoutId,
    permalink_url: permalinkOf(url, id),
    line_items: counts.map((count) => ({
      id: count.line.id,
      item: { id: count.line.itemId, title: count.line.title, price: count.line.cents },
      quantity: {
        original: count.line.quantity,
        total: count.line.quantity - count.removed,
        fulfilled: count.fulfilled,
      },
      totals: subtotalAndTotal(amountOf(count)),
      status: statusOf(count),
      [names.task]: tasksOf(order, count.line.id, options),
    })),
    fulfillment: {
      expectations: counts.map(({ line }) => ({
        id: `${line.id}:delivery`,
        line_items: [{ id: line.id, quantity: line.quantity }],
        method_type: "digital",
        destination: {},
        description: "What the agent answers, with the order",
        fulfillable_on: "now",
      })),
      events: counts.flatMap((count) => [...eventsOf(count, createdAt)]),
    },
    ...(adjustments.length > 0 && { adjustments }),
    currency: CURRENCY,
    totals: subtotalAndTotal(counts.reduce((sum, count) => sum + amountOf(count), 0)),
    ...(terms.attribution !== undefined && { attribution: terms.attribution }),
  };
}

function countOf(order: Order, line: Line): LineCount {
  const runs = order.runs.filter((run) => run.line === line.id);
  const items = Array.from({ length: line.quantity }, (_, item) =>
    runs.slice(item * line.tasks, (item + 1) * line.tasks),
  );
  const uncharged = BigInt(runs.filter(({ state }) => state === "failed").length) * line.pricePerTask;
  return {
    line,
    items,
    removed: items.filter(isRemoved).length,
    fulfilled: items.filter(isFulfilled).length,
    uncharged,
    unchargedCents: Number(uncharged / MICROS_PER_CENT),
  };
}

const isRemoved = (item: readonly Run[]) => item.every(({ state }) => state === "failed");
const isFulfilled = (item: readonly Run[]) => !isRemoved(item) && item.every(({ state }) => state !== "waiting");

function statusOf({ line: { quantity }, removed, fulfilled }: LineCount): string {
  const total = quantity - removed;
  if (total === 0) return "removed";
  if (fulfilled === total) return "fulfilled";
  return fulfilled > 0 ? "partial" : "processing";
}

function adjustmentOf({ line, items, removed, uncharged, unchargedCents }: LineCount) {
  const last = items
    .flat()
    .reduce<Micros>((time, { finishedAt }) => ((finishedAt ?? 0n) > time ? finishedAt! : time), 0n);
  return {
    id: `${line.id}:cancellation`,
    type: "cancellation",
    occurred_at: renderTimestamp(last),
    status: "completed",
    line_items: [{ id: line.id, quantity: -removed }],
    totals: [{ type: "total", amount: -unchargedCents }],
    description: `Tasks that failed are not charged: ${formatMicroDollars(uncharged)} dollars less`,
  };
}

function* eventsOf({ line, items }: LineCount, createdAt: Micros) {
  const event = (id: string, type: string, at: Micros, quantity: number, description: string) => ({
    id,
    occurred_at: renderTimestamp(at),
    type,
    line_items: [{ id: line.id, quantity }],
    description,
  });
  yield event(`${line.id}:processing`, "processing", createdAt, line.quantity, "The agent has the task");
  for (const [index, item] of items.entries()) {
    if (item.some(({ state }) => state === "waiting")) continue;
    const at = item.reduce<Micros>(
      (time, { finishedAt }) => ((finishedAt ?? 0n) > time ? finishedAt! : time),
      createdAt,
    );
    const id = `${line.id}:${index}`;
    if (isRemoved(item))
      yield event(id, "failed_attempt", at, 1, item[0]?.error?.message.content ?? "The agent failed");
    else yield event(id, "delivered", at, 1, "The agent has answered");
  }
}
