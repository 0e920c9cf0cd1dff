import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { read } from "../../app/read.ts";

const PAGE = 100;
const LINES = 200;
/** Other tabs and calls move the money as well. */
const EVERY_MS = 15_000;

/** A month's account (`GET /orgs/{id}/statement`). Amounts in dollars. */
export interface Statement {
  month: string;
  opening_balance: number;
  closing_balance: number;
  totals: { tx_type: string; count: number; credited: number; debited: number }[];
  reconciliation: { ledger_tasks: number; logged_tasks: number; reconciled: boolean } | null;
  lines: StatementLine[];
  next_after: string | null;
}

export interface StatementLine {
  id: string;
  agent_id: string | null;
  agent_name: string;
  tx_type: string;
  created_at: string;
  change: number;
  balance: number;
}

export const walletQuery = (orgId: string) =>
  queryOptions({
    queryKey: ["wallet", orgId],
    queryFn: ({ signal }) => gateway.getOrgWallet(orgId, { signal }),
    refetchInterval: EVERY_MS,
  });

/** Whatever of a wallet changes when money moves. */
export const walletKeys = (orgId: string) => [["wallet", orgId]];

export const entriesQuery = (orgId: string) =>
  infiniteQueryOptions({
    queryKey: ["wallet", orgId, "entries"],
    queryFn: ({ pageParam, signal }) => gateway.listOrgEntries(orgId, { before: pageParam, limit: PAGE, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const holdsQuery = (orgId: string) =>
  infiniteQueryOptions({
    queryKey: ["wallet", orgId, "holds"],
    queryFn: ({ pageParam, signal }) => gateway.listOrgHolds(orgId, { before: pageParam, limit: PAGE, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: EVERY_MS,
  });

export const statementQuery = (orgId: string, month: string) =>
  infiniteQueryOptions({
    queryKey: ["wallet", orgId, "statement", month],
    queryFn: ({ pageParam, signal }) =>
      read<Statement>(statementPath(orgId), { month, limit: LINES, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_after }) => next_after ?? undefined,
    placeholderData: keepPreviousData,
  });

export const statementPath = (orgId: string) => `/orgs/${encodeURIComponent(orgId)}/statement`;
