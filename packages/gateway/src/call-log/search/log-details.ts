import { type MicroDollars, microDollarsToJson } from "@agentgate/protocol";
import { orgOf } from "../../access/index.ts";
import { notFound, type Principal } from "../../http/index.ts";
import { type Micros, renderTimestamp } from "../../runtime/index.ts";
import type { WebhooksRoom } from "../../webhooks/index.ts";
import { type LoggedCall, toWireLogEntry } from "../entry.ts";
import type { LogSearch } from "./log-search.ts";
import { asSeenBy, maySee } from "./selected-calls.ts";
import { LAST } from "./slices.ts";

/** A payment, as the ledger tells it. */
export interface LedgerEntry {
  id: string;
  type: string;
  payer: string | null;
  receiver: string | null;
  amount: MicroDollars;
  fee: MicroDollars;
  net: MicroDollars;
  createdAt: Micros;
}

export interface LogDetailsOptions {
  search: LogSearch;
  webhooks: Pick<WebhooksRoom, "deliveriesOfCall">;
  ledgerEntryOf(id: string): Promise<LedgerEntry | undefined>;
}

const CHILDREN_MAX = 100;

/** Everything that the gateway knows of one call. */
export class LogDetails {
  readonly #options: LogDetailsOptions;

  constructor(options: LogDetailsOptions) {
    this.#options = options;
  }

  /** @throws Problem 404 when there is none, or none that this caller may know of */
  async of(id: string, caller: Principal) {
    const { search, webhooks, ledgerEntryOf } = this.#options;
    const call = await search.find(id);
    if (!call || !maySee(caller, call)) throw notFound("Call");
    const own = orgOf(caller);
    const { orgId, agentId, createdAt: at, transactionId } = call;
    const isOwners = orgId !== null && (own === undefined || own === orgId);
    const [children, deliveries, entry] = await Promise.all([
      this.#childrenOf(id, caller),
      isOwners ? webhooks.deliveriesOfCall({ orgId, agentId, at }) : [],
      transactionId === null ? undefined : ledgerEntryOf(transactionId),
    ]);
    return {
      ...toWireLogEntry(asSeenBy(caller, call)),
      timing: timingOf(call),
      transaction: entry ? toWireEntry(entry) : null,
      deliveries,
      children: children.map((child) => toWireLogEntry(asSeenBy(caller, child))),
    };
  }

  /** Calls that say they were made by this one, oldest first; only those that the caller may know of are looked for. */
  async #childrenOf(parentId: string, caller: Principal): Promise<LoggedCall[]> {
    const orgId = orgOf(caller);
    const pages = await Promise.all(
      (orgId === undefined ? (["owner"] as const) : (["owner", "payer"] as const)).map((role) =>
        this.#options.search.page({ role, orgId, parentId, from: 0n, to: LAST }, { limit: CHILDREN_MAX }),
      ),
    );
    const calls = new Map(pages.flatMap(({ entries }) => entries).map((call) => [call.id, call]));
    return [...calls.values()]
      .filter((call) => maySee(caller, call))
      .sort((a, b) => Number(a.createdAt - b.createdAt))
      .slice(0, CHILDREN_MAX);
  }
}

/**
 * The stages of a call, one after the other, as far as they are known: `admit` until it was let in, `reserve` until its price was put
 * aside, `wait` until the agent's answer began, `receive` until it was whole. What follows is committed with the row itself.
 */
export function timingOf(call: LoggedCall): { name: string; start_ms: number; ms: number }[] {
  const { askedMicros: asked, reserveMicros, agentMicros, firstByteMicros } = call;
  if (asked === null || agentMicros === null) return [];
  const reserved = reserveMicros ?? 0;
  const end = asked + agentMicros;
  const firstByte = firstByteMicros ?? end;
  const stages: [name: string, from: number, to: number][] = [
    ["admit", 0, asked - reserved],
    ...(reserveMicros === null ? [] : ([["reserve", asked - reserved, asked]] as [string, number, number][])),
    ["wait", asked, firstByte],
    ...(firstByteMicros === null ? [] : ([["receive", firstByte, end]] as [string, number, number][])),
  ];
  return stages.map(([name, from, to]) => ({ name, start_ms: exactMs(from), ms: exactMs(to > from ? to - from : 0) }));
}

/** The gateway's own part is of few microseconds. */
const exactMs = (micros: number): number => micros / 1000;

const toWireEntry = ({ id, type, payer, receiver, amount, fee, net, createdAt }: LedgerEntry) => ({
  id,
  payer_org_id: payer,
  receiver_org_id: receiver,
  amount: microDollarsToJson(amount),
  fee: microDollarsToJson(fee),
  net: microDollarsToJson(net),
  tx_type: type,
  created_at: renderTimestamp(createdAt),
});
