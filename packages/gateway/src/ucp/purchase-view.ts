import { microDollarsToJson } from "@agentgate/protocol";
import { z } from "zod";
import { type Micros, renderTimestamp } from "../runtime/index.ts";
import type { Seen } from "./checkouts.ts";
import type { Order } from "./order.ts";
import type { LineTasks, ListedCheckout, ListedOrder, SummedLine } from "./purchases.ts";

const dollars = z.number().describe("US dollars");
const wireLine = z
  .object({
    id: z.string(),
    item_id: z.string().describe("As the catalog has it"),
    title: z.string(),
    agent_id: z.uuid(),
    quantity: z.int(),
    tasks: z.int().describe("That one item runs"),
    price_per_task: dollars,
    total: dollars,
  })
  .meta({ id: "PurchaseLine" });
const wireFailure = z
  .object({ code: z.string(), content: z.string() })
  .nullable()
  .describe("Why nothing came of the last attempt to complete it: nothing was charged");
const times = { created_at: z.iso.datetime(), updated_at: z.iso.datetime() };
const checkoutFields = {
  id: z.string(),
  state: z
    .enum(["open", "expired", "completing", "completed", "canceled"])
    .describe("An open one can be completed until it expires, and canceled"),
  order_id: z.string().nullable(),
  lines: z.array(wireLine),
  total: dollars,
  failure: wireFailure,
  ...times,
  expires_at: z.iso.datetime(),
};
const orderFields = {
  id: z.string(),
  checkout_id: z.string(),
  state: z
    .enum(["working", "fulfilled", "partial", "failed"])
    .describe("`partial`: some of its tasks failed, which are not charged; `failed`: all did"),
  tasks: z.object({ waiting: z.int(), done: z.int(), failed: z.int() }),
  lines: z.array(wireLine),
  total: dollars,
  charged: dollars.describe("For the tasks that are done"),
  not_charged: dollars.describe("For those that failed"),
  ...times,
};

export const wireListedCheckout = z.object(checkoutFields).meta({ id: "ListedCheckout" });
export const wireListedOrder = z.object(orderFields).meta({ id: "ListedOrder" });
export const wireCheckoutDetails = z
  .object({
    ...checkoutFields,
    messages: z
      .array(z.object({ type: z.string(), code: z.string(), content: z.string() }))
      .describe("What it lacks to be completed"),
  })
  .meta({ id: "CheckoutDetails" });
export const wireCanceledCheckout = z
  .object({
    ...checkoutFields,
    state: z.literal("canceled"),
    messages: z.array(z.unknown()).max(0).describe("None: nothing is lacking any more"),
  })
  .meta({ id: "CanceledCheckout" });
export const wireOrderDetails = z
  .object({
    ...orderFields,
    runs: z.array(
      z
        .object({
          position: z.int(),
          line_id: z.string(),
          agent_id: z.uuid(),
          state: z.enum(["waiting", "done", "failed"]),
          finished_at: z.iso.datetime().nullable(),
          transaction_id: z.string().nullable().describe("The payment"),
          call_id: z.string().nullable().describe("The call in the log that it was paid for"),
          error: z.object({ code: z.string(), content: z.string() }).nullable(),
          result_bytes: z.int(),
        })
        .meta({ id: "OrderRun" }),
    ),
  })
  .meta({ id: "OrderDetails" });

const priceOf = ({ pricePerTask, quantity, tasks }: SummedLine) => pricePerTask * BigInt(quantity * tasks);
const lineView = (line: SummedLine) => ({
  id: line.id,
  item_id: line.itemId,
  title: line.title,
  agent_id: line.agentId,
  quantity: line.quantity,
  tasks: line.tasks,
  price_per_task: microDollarsToJson(line.pricePerTask),
  total: microDollarsToJson(priceOf(line)),
});
const timesView = ({ createdAt, updatedAt }: { createdAt: Micros; updatedAt: Micros }) => ({
  created_at: renderTimestamp(createdAt),
  updated_at: renderTimestamp(updatedAt),
});
const sum = (amounts: readonly bigint[]) => microDollarsToJson(amounts.reduce((total, amount) => total + amount, 0n));

/** A checkout as its owner looks at it. */
export const checkoutEntry = (checkout: ListedCheckout, now: Micros) => ({
  id: checkout.id,
  state: checkout.phase === "open" && now >= checkout.expiresAt ? ("expired" as const) : checkout.phase,
  order_id: checkout.orderId,
  lines: checkout.lines.map(lineView),
  total: sum(checkout.lines.map(priceOf)),
  failure: checkout.failure && { code: checkout.failure.message.code, content: checkout.failure.message.content },
  ...timesView(checkout),
  expires_at: renderTimestamp(checkout.expiresAt),
});

export const checkoutDetails = ({ checkout, messages }: Seen, now: Micros) => ({
  ...checkoutEntry(checkout, now),
  messages: messages.map(({ type, code, content }) => ({ type, code, content })),
});

/** An order as its owner looks at it. */
export function orderEntry(order: ListedOrder) {
  const tasks = { waiting: 0, done: 0, failed: 0 };
  for (const { state, count } of order.tasks) tasks[state] += count;
  const priced = (state: LineTasks["state"]) =>
    order.tasks
      .filter((some) => some.state === state)
      .map(({ line, count }) => (order.lines.find(({ id }) => id === line)?.pricePerTask ?? 0n) * BigInt(count));
  return {
    id: order.id,
    checkout_id: order.checkoutId,
    state: stateOf(tasks),
    tasks,
    lines: order.lines.map(lineView),
    total: sum(order.lines.map(priceOf)),
    charged: sum(priced("done")),
    not_charged: sum(priced("failed")),
    ...timesView(order),
  };
}

function stateOf({ waiting, done, failed }: Record<LineTasks["state"], number>) {
  if (waiting > 0) return "working" as const;
  if (failed === 0) return "fulfilled" as const;
  return done === 0 ? ("failed" as const) : ("partial" as const);
}

/** @param callOf the call in the log that a payment was made for */
export async function orderDetails(order: Order, callOf: (transactionId: string) => Promise<string | null>) {
  const { terms, runs } = order;
  const tasks = runs.map(({ line, state }) => ({ line, state, count: 1 }));
  const views = [];
  for (const run of runs) {
    views.push({
      position: run.position,
      line_id: run.line,
      agent_id: run.agentId,
      state: run.state,
      finished_at: run.finishedAt === null ? null : renderTimestamp(run.finishedAt),
      transaction_id: run.transactionId,
      call_id: run.transactionId === null ? null : await callOf(run.transactionId),
      error: run.error && { code: run.error.message.code, content: run.error.message.content },
      result_bytes: run.resultBytes,
    });
  }
  return { ...orderEntry({ ...order, lines: terms.lines, tasks }), runs: views };
}
