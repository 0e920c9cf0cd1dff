import type { ApiKey } from "@agentgate/protocol";
import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { read } from "../../../app/read.ts";

const PAGE = 100;

/** An organization's keys, its own first, then the newest (`GET /orgs/{id}/keys`). */
export const keysQuery = (orgId: string) =>
  infiniteQueryOptions({
    queryKey: ["keys", orgId],
    queryFn: ({ pageParam, signal }) =>
      read<{ entries: ApiKey[]; next: string | null }>(
        `/orgs/${encodeURIComponent(orgId)}/keys`,
        { before: pageParam, limit: PAGE },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });

export const refreshKeys = (queries: QueryClient, orgId: string) =>
  queries.invalidateQueries({ queryKey: ["keys", orgId] });

/** What is shown to use a key, as far as it may be told. */
export const tailOf = ({ prefix, last4 }: ApiKey): string => (last4 === null ? "–" : `${prefix ?? ""}…${last4}`);

export type KeyState = "works" | "disabled" | "over";

export function stateOf({ disabled_at, expires_at }: ApiKey, nowMs: number): KeyState {
  if (disabled_at !== null) return "disabled";
  return expires_at !== null && Date.parse(expires_at) <= nowMs ? "over" : "works";
}
