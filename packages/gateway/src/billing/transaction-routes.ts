import { microDollarsToJson } from "@agentgate/protocol";
import { z } from "zod";
import { actions } from "../access/index.ts";
import { idParams, paging, type RouteDefinition, route } from "../http/index.ts";
import type { Ledger, Transaction } from "../ledger/index.ts";
import { type OrgRegistry, orgRefusals } from "../orgs/index.ts";
import { renderTimestamp } from "../runtime/index.ts";
import { walletsTag as tag } from "./tags.ts";

export interface TransactionFaceOptions {
  orgs: OrgRegistry;
  ledger: Ledger;
}

/** Older ones are in the statements. */
const OFFSET_MAX = 100_000;
/** What counts as spending and earning; topups and corrections are neither. */
export const TRADE = ["task", "ucp_checkout"];

/** A transaction as answered, for the documentation. */
export const wireTransaction = z
  .object({
    id: z.uuid(),
    payer_org_id: z.uuid().nullable(),
    receiver_org_id: z.uuid().nullable(),
    agent_id: z.uuid().nullable(),
    agent_name: z.string(),
    amount: z.number(),
    fee: z.number(),
    net: z.number(),
    tx_type: z.string(),
    task_id: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "Transaction" });
const wireSummary = z
  .object({
    org_id: z.uuid(),
    org_name: z.string(),
    balance: z.number(),
    total_spent: z.number(),
    total_earned: z.number(),
    total_fees_paid: z.number(),
    transactions_as_payer: z.int(),
    transactions_as_receiver: z.int(),
  })
  .meta({ id: "TransactionSummary" });

/** A transaction on the wire (contract section 2). A party that exists no more, or is not an organization, is null. */
export const toWireTransaction = (transaction: Transaction, exists: (orgId: string) => boolean) => {
  const party = (id: string | null) => (id !== null && exists(id) ? id : null);
  return {
    id: transaction.id,
    payer_org_id: party(transaction.payer),
    receiver_org_id: party(transaction.receiver),
    agent_id: transaction.reference.agent_id ?? null,
    agent_name: transaction.reference.agent_name ?? "",
    amount: microDollarsToJson(transaction.amount),
    fee: microDollarsToJson(transaction.fee),
    net: microDollarsToJson(transaction.net),
    tx_type: transaction.type,
    task_id: transaction.reference.task_id ?? null,
    created_at: renderTimestamp(transaction.createdAt),
  };
};

/** Which of the parties of these transactions are organizations today. */
export async function existingParties(orgs: OrgRegistry, transactions: readonly Transaction[]) {
  const ids = new Set(transactions.flatMap(({ payer, receiver }) => [payer, receiver]));
  const existing = new Set<string>();
  for (const id of ids) if (id !== null && (await orgs.find(id))) existing.add(id);
  return (id: string) => existing.has(id);
}

/** An organization's transactions (contract section 6). */
export function transactionRoutes({ orgs, ledger }: TransactionFaceOptions): RouteDefinition[] {
  return [
    route({
      method: "GET",
      path: "/orgs/{id}/transactions",
      action: actions.readBilling,
      tag,
      operationId: "listOrgTransactions",
      summary: "List an organization's transactions, newest first",
      description: "What it paid and what it was paid. Older ones are in the monthly statements.",
      params: idParams,
      query: z.object({
        role: z.enum(["all", "payer", "receiver"]).default("all"),
        ...paging({ default: 50, max: 200, offsetMax: OFFSET_MAX }),
      }),
      responses: { 200: { description: "Transactions", schema: z.array(wireTransaction) }, ...orgRefusals },
      handler: async ({ params, query, caller }) => {
        const org = await orgs.get(params.id, caller, actions.readBilling);
        const transactions = await ledger.queries.transactions(org.id, query);
        const exists = await existingParties(orgs, transactions);
        return transactions.map((transaction) => toWireTransaction(transaction, exists));
      },
    }),
    route({
      method: "GET",
      path: "/orgs/{id}/transactions/summary",
      action: actions.readBilling,
      tag,
      operationId: "getOrgTransactionSummary",
      summary: "Summarize what an organization spent and earned",
      description: "Topups and corrections are neither spent nor earned.",
      params: idParams,
      responses: {
        200: {
          description: "Totals",
          schema: wireSummary,
        },
        ...orgRefusals,
      },
      handler: async ({ params, caller }) => {
        const org = await orgs.get(params.id, caller, actions.readBilling);
        const [balance, summary] = await Promise.all([
          ledger.queries.balance(org.id),
          ledger.queries.summary(org.id, { types: TRADE }),
        ]);
        return {
          org_id: org.id,
          org_name: org.name,
          balance: microDollarsToJson(balance.posted),
          total_spent: microDollarsToJson(summary.spent),
          total_earned: microDollarsToJson(summary.earned),
          total_fees_paid: microDollarsToJson(summary.fees),
          transactions_as_payer: Number(summary.asPayer),
          transactions_as_receiver: Number(summary.asReceiver),
        };
      },
    }),
  ];
}
