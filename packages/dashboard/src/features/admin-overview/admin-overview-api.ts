import type { Org } from "@agentgate/client";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";
import { read } from "../../app/read.ts";
import { askedOf, type Span, type StatsTop } from "../overview/stats.ts";

const AGENTS = 5;
/** One more than is told: whoever has more is told "more than". */
const APPROVALS_MAX = 100;

/** Who spends most, by name. */
export const spendersQuery = (span: Span) =>
  queryOptions({
    queryKey: ["stats", "spenders", span],
    queryFn: async ({ signal }) => {
      const query = { ...askedOf({ span }), by: "payer", sort: "spent", limit: AGENTS };
      const { entries } = await read<StatsTop>("/stats/top", query, signal);
      const payers = entries.filter(({ spent }) => spent > 0);
      const orgs = await Promise.all(payers.map(({ key }) => orgOf(key, signal)));
      return payers.map((payer, at) => ({
        ...payer,
        name: orgs[at]?.name ?? null,
        balance: orgs[at]?.balance ?? null,
      }));
    },
    placeholderData: keepPreviousData,
  });

/** Undefined of one that is gone. */
const orgOf = (id: string, signal: AbortSignal): Promise<Org | undefined> =>
  gateway.getOrg(id, { signal }).catch(() => undefined);

export const ledgerStateQuery = queryOptions({
  queryKey: ["admin", "ledger", "state"],
  queryFn: ({ signal }) => gateway.getLedgerState({ signal }),
});

export const nodesQuery = queryOptions({
  queryKey: ["admin", "nodes"],
  queryFn: ({ signal }) => gateway.listNodes({ signal }),
  refetchInterval: 10_000,
});

export const settingsQuery = queryOptions({
  queryKey: ["admin", "settings"],
  queryFn: ({ signal }) => gateway.listSettings({ signal }),
  staleTime: 60_000,
});

/** How many wait, up to a hundred. */
export const waitingApprovalsQuery = queryOptions({
  queryKey: ["admin", "approvals", "waiting"],
  queryFn: async ({ signal }) => {
    const { entries, next } = await gateway.listApprovals({ limit: APPROVALS_MAX, signal });
    return { count: entries.length, hasMore: next !== null };
  },
  refetchInterval: 30_000,
});

/** How many agents did not answer when the gateway looked last. */
export const silentAgentsQuery = queryOptions({
  queryKey: ["admin", "silent-agents"],
  queryFn: async ({ signal }) => {
    const { total, total_is_exact } = await read<{ total: number; total_is_exact: boolean }>(
      "/agents/search",
      { health: "unhealthy", limit: 1 },
      signal,
    );
    return { count: total, isExact: total_is_exact };
  },
});
