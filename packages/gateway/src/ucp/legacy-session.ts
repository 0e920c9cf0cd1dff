import { formatMicroDollars, type MicroDollars, microDollarsToJson, microDollarsToNumber } from "@agentgate/protocol";
import { z } from "zod";
import { Problem } from "../http/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { OrgRegistry } from "../orgs/index.ts";
import { type Random, renderTimestamp } from "../runtime/index.ts";
import { orgIdOf } from "./buyer.ts";
import { type Failure, totalOf } from "./checkout.ts";
import type { Seen } from "./checkouts.ts";
import type { Message } from "./envelope.ts";
import { isCanceled } from "./order.ts";
import type { OrderStore } from "./order-store.ts";
import { CURRENCY } from "./product.ts";
import { renderJson } from "./raw-json.ts";
import { INSUFFICIENT } from "./readiness.ts";
import { currentVersion, SHOPPING } from "./versions.ts";

export interface SessionViewOptions {
  orders: OrderStore;
  ledger: Ledger;
  orgs: Pick<OrgRegistry, "find">;
  random: Random;
}

export const wireUcp = { version: z.string(), capability: z.string() };

export const wireNewSession = z
  .object({
    session_id: z.uuid(),
    status: z.enum(["pending", "insufficient_funds", "processing", "completed", "failed", "canceled"]),
    agent_id: z.uuid(),
    agent_name: z.string(),
    amount: z.number(),
    currency: z.string(),
    payer_org_id: z.uuid().nullable(),
    payer_org_name: z.string().nullable(),
    payer_balance: z.number().nullable(),
    task: z.unknown(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    ucp: z.object(wireUcp),
  })
  .meta({ id: "UcpNewLegacySession", description: "A checkout of one task that was just made" });

export const wireSession = wireNewSession
  .extend({
    error: z.string().optional().describe("Why nothing came of the task, or of one of several"),
    transaction_id: z.string().nullable().optional(),
    fee: z.number().optional(),
    net: z.number().optional(),
    payer_new_balance: z.number().nullable().optional(),
    result: z.unknown().optional(),
  })
  .meta({ id: "UcpLegacySession", description: "A checkout of one task" });

/** @throws Problem 400 for a session that is over */
export const demandOpen = ({ status, checkout, order }: Seen): void => {
  const isRetried = order !== undefined && isCanceled(order);
  const isOver = (status === "completed" && !isRetried) || status === "canceled";
  if (!isOver) return;
  const what = status === "completed" ? "completed already" : checkout.phase === "canceled" ? "canceled" : "expired";
  throw new Problem(400, `The checkout session is ${what}`, { code: "checkout_over" });
};

/** What kept a completion from being done, as the task's own route would say it. */
export function demandDone({ checkout, order, messages, status, available }: Seen, view: SessionView): void {
  if (order && isCanceled(order)) throw failed(order.runs[0]?.error ?? null);
  if (status === "completed" || status === "complete_in_progress") return;
  if (messages.some(({ code }) => code === INSUFFICIENT)) {
    throw view.insufficient(available ?? 0n, totalOf(checkout.lines), checkout.lines[0]?.title ?? "");
  }
  throw failed(checkout.failure, messages[0]);
}

const failed = (failure: Failure | null, message?: Message): Problem => {
  const { content, code } = failure?.message ?? message ?? {};
  return new Problem(failure?.status ?? 400, content ?? "The checkout cannot be completed", {
    code: code ?? "incomplete",
  });
};

/** Sessions in the words of the guide's routes. */
export class SessionView {
  readonly #options: SessionViewOptions;

  constructor(options: SessionViewOptions) {
    this.#options = options;
  }

  async of({ checkout, order, status, messages, available }: Seen): Promise<string> {
    const { orgs, random, orders, ledger } = this.#options;
    const { id, owner, lines, failure, createdAt, updatedAt } = checkout;
    const [line] = lines;
    const payer = orgIdOf(owner);
    const run = order?.runs.find(({ state }) => state === "done") ?? order?.runs[0];
    const transaction = run?.transactionId ? await ledger.queries.transaction(run.transactionId) : undefined;
    const result = order && run ? await orders.result(order.id, run.position) : undefined;
    const task = line?.inputs[0];
    const failed = order ? (order.runs.find(({ error }) => error)?.error ?? null) : failure;
    const isFailed = order ? isCanceled(order) : failure !== null;
    const payerName = payer === undefined ? null : ((await orgs.find(payer))?.name ?? null);
    return renderJson(random, (raw) => ({
      session_id: id,
      status: statusOf(status, isFailed, messages),
      agent_id: line?.agentId,
      agent_name: line?.title,
      amount: microDollarsToJson(totalOf(lines)),
      currency: CURRENCY,
      payer_org_id: payer ?? null,
      payer_org_name: payerName,
      payer_balance: available === null ? null : microDollarsToJson(available),
      task: task === undefined ? null : raw(task),
      created_at: renderTimestamp(createdAt),
      updated_at: renderTimestamp(updatedAt),
      ucp: { version: currentVersion, capability: `${SHOPPING}.checkout` },
      ...(failed && { error: failed.message.content }),
      ...(transaction && {
        transaction_id: transaction.id,
        fee: microDollarsToNumber(transaction.fee),
        net: microDollarsToNumber(transaction.net),
        payer_new_balance: available === null ? null : microDollarsToJson(available),
      }),
      ...(result !== undefined && { result: raw(result) }),
    }));
  }

  async demandFunds(orgId: string, price: MicroDollars, agentName: string): Promise<void> {
    const { available } = await this.#options.ledger.queries.balance(orgId);
    if (available < price) throw this.insufficient(available, price, agentName);
  }

  insufficient(has: MicroDollars, needs: MicroDollars, agentName: string): Problem {
    const detail = `Insufficient balance: ${formatMicroDollars(has)} < ${formatMicroDollars(needs)} (agent: ${agentName})`;
    return new Problem(402, detail, { code: "insufficient_balance" });
  }
}

function statusOf(status: Seen["status"], isFailed: boolean, messages: Seen["messages"]): string {
  if (isFailed) return "failed";
  if (status === "complete_in_progress") return "processing";
  if (status === "completed" || status === "canceled") return status;
  return messages.some(({ code }) => code === INSUFFICIENT) ? "insufficient_funds" : "pending";
}
