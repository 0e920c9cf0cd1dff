import type { LedgerReport } from "@agentgate/client";
import { queryOptions } from "@tanstack/react-query";
import { gateway } from "../../app/api.ts";

/** A walk through ten million rows takes minutes. */
const VERIFY_TIMEOUT_MS = 3_600_000;
const LOOK_MS = 5_000;
/** While somebody waits for the end of it. */
const PROGRESS_MS = 500;

/** What is in the ledger; looked at more often while it is verified. */
export const stateQuery = (isVerifying: boolean) =>
  queryOptions({
    queryKey: ["admin", "ledger", "state"],
    queryFn: ({ signal }) => gateway.getLedgerState({ signal }),
    refetchInterval: ({ state }) => (isVerifying || state.data?.verifying ? PROGRESS_MS : LOOK_MS),
  });

export interface Verified extends LedgerReport {
  /** When it was done, and how long it took, in milliseconds. */
  at: string;
  ms: number;
}

/** A walk through everything, when it is asked for; what it found is kept until the page is loaded anew. */
export const reportQuery = queryOptions({
  queryKey: ["admin", "ledger", "report"],
  queryFn: async ({ signal }): Promise<Verified> => {
    const from = performance.now();
    const report = await gateway.verifyLedger({ signal, timeoutMs: VERIFY_TIMEOUT_MS });
    return { ...report, at: new Date().toISOString(), ms: performance.now() - from };
  },
  enabled: false,
  retry: false,
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
});
