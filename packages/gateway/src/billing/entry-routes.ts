import { microDollarsToJson } from "@agentgate/protocol";
import { z } from "zod";
import { actions } from "../access/index.ts";
import { afterParameter, idParams, numeric, type RouteDefinition, route } from "../http/index.ts";
import type { Ledger } from "../ledger/index.ts";
import { type OrgRegistry, orgRefusals } from "../orgs/index.ts";
import { type Clock, renderTimestamp } from "../runtime/index.ts";
import { walletsTag as tag } from "./tags.ts";
import { existingParties, toWireTransaction, wireTransaction } from "./transaction-routes.ts";

export interface EntryFaceOptions {
  orgs: OrgRegistry;
  ledger: Ledger;
  clock: Clock;
}

/** How the keys of holds begin that are for a call. */
const CALL = "call:";
const limit = numeric(z.int().min(1).max(500)).default(100);
const nextOf = z.string().nullable().describe("`before` of the next page; null on the last");

const wireEntry = z
  .object({
    seq: z.int().describe("Its place in the ledger's journal"),
    transaction: wireTransaction,
    call_id: z.string().nullable().describe("The call in the log that it was paid for"),
    change: z.number().describe("What it did to the wallet, in US dollars"),
    balance: z.number().describe("After it"),
  })
  .meta({ id: "WalletEntry" });
const wireEntries = z.object({ entries: z.array(wireEntry), next: nextOf }).meta({ id: "WalletEntryPage" });

const wireHold = z
  .object({
    id: z.string().describe("Of the transaction that it becomes, if it is settled"),
    amount: z.number().describe("US dollars"),
    tx_type: z.string(),
    call_id: z.string().nullable().describe("The call that it is for; its entry comes into the log when it ends"),
    created_at: z.iso.datetime(),
    lapses_in_ms: z.int().describe("By the ledger's own time, which passes only while a node lives; 0 when it is over"),
    lapses_at: z.iso.datetime().describe("When that is, if nothing stands still"),
  })
  .meta({ id: "WalletHold" });
const wireHolds = z.object({ entries: z.array(wireHold), next: nextOf }).meta({ id: "WalletHoldPage" });

/** What has moved a wallet, and what is put aside in it. */
export function entryRoutes({ orgs, ledger, clock }: EntryFaceOptions): RouteDefinition[] {
  const common = { method: "GET", tag, params: idParams, action: actions.readBilling } as const;
  return [
    route({
      ...common,
      path: "/orgs/{id}/entries",
      operationId: "listOrgEntries",
      summary: "List what has moved an organization's wallet, newest first",
      description: "Each entry of the ledger with what it changed, and the balance after it.",
      query: z.object({ limit, before: afterParameter(/^\d{1,18}$/).describe("`next` of the page before") }),
      responses: { 200: { description: "Entries", schema: wireEntries }, ...orgRefusals },
      handler: async ({ params, query: { limit, before }, caller }) => {
        const org = await orgs.get(params.id, caller, actions.readBilling);
        const place = before === undefined ? undefined : BigInt(before);
        const found = await ledger.queries.entries(org.id, { before: place, limit: limit + 1 });
        const page = found.slice(0, limit);
        const transactions = page.map(({ transaction }) => transaction);
        const exists = await existingParties(orgs, transactions);
        const entries = page.map(({ seq, transaction, change, balance }) => ({
          seq: Number(seq),
          transaction: toWireTransaction(transaction, exists),
          call_id: transaction.reference.call_id ?? null,
          change: microDollarsToJson(change),
          balance: microDollarsToJson(balance),
        }));
        return { entries, next: found.length > limit ? `${transactions.at(-1)!.createdAt}` : null };
      },
    }),
    route({
      ...common,
      path: "/orgs/{id}/holds",
      operationId: "listOrgHolds",
      summary: "List what is put aside in an organization's wallet",
      description:
        "For calls that are under way: what lapses first before the rest. A hold is settled or released long before it lapses, unless its node died.",
      query: z.object({
        limit,
        before: afterParameter(/^\d{1,18}\.[\w-]{1,64}$/).describe("`next` of the page before"),
      }),
      responses: { 200: { description: "Open holds", schema: wireHolds }, ...orgRefusals },
      handler: async ({ params, query: { limit, before }, caller }) => {
        const org = await orgs.get(params.id, caller, actions.readBilling);
        const [at, id] = before?.split(".") ?? [];
        const after = at === undefined || id === undefined ? undefined : { expires_at: BigInt(at), id };
        const found = await ledger.queries.holdsOf(org.id, { after, limit: limit + 1 });
        const page = found.slice(0, limit);
        const last = page.at(-1);
        const entries = page.map(({ id, amount, type, key, created_at, expires_at }) => {
          const leftMs = Math.max(0, Number((expires_at - ledger.elapsed) / 1000n));
          return {
            id,
            amount: microDollarsToJson(amount),
            tx_type: type,
            call_id: key?.startsWith(CALL) ? key.slice(CALL.length) : null,
            created_at: renderTimestamp(created_at),
            lapses_in_ms: leftMs,
            lapses_at: renderTimestamp(BigInt(Math.floor(clock.now() + leftMs)) * 1000n),
          };
        });
        return { entries, next: found.length > limit && last ? `${last.expires_at}.${last.id}` : null };
      },
    }),
  ];
}
