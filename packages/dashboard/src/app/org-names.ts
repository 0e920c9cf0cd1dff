import type { Org } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { read } from "./read.ts";
import { sessionQuery } from "./session.ts";

const SHORT_ID = 8;
const TEXT_MAX = 36;
/** As many as are asked for at once. */
const IDS_MAX = 100;
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/;

/** What organizations are called, by id: of those that the admin looks at, and one's own. Nobody else knows names of others. */
export function useOrgNames(ids: readonly (string | null | undefined)[]): ReadonlyMap<string, string> {
  const { data: session } = useQuery(sessionQuery);
  const wanted = [...new Set(ids)].filter((id): id is string => typeof id === "string" && UUID.test(id)).sort();
  const { data } = useQuery({
    queryKey: ["orgs", "names", wanted],
    enabled: session?.kind === "admin" && wanted.length > 0,
    queryFn: async ({ signal }) => {
      const parts = Array.from({ length: Math.ceil(wanted.length / IDS_MAX) }, (_, at) =>
        wanted.slice(at * IDS_MAX, (at + 1) * IDS_MAX),
      );
      const found = await Promise.all(parts.map((part) => read<Org[]>("/orgs/", { id: part.join(",") }, signal)));
      return new Map(found.flat().map(({ id, name }) => [id, name]));
    },
    staleTime: 300_000,
    placeholderData: keepPreviousData,
  });
  if (session?.org_id && session.org_name !== null) return new Map([[session.org_id, session.org_name]]);
  return data ?? new Map();
}

/** An organization where there is room for text alone: its name with the beginning of its id, or where that is not known, its id. */
export function orgText(id: string, names: ReadonlyMap<string, string>): string {
  const name = names.get(id);
  return name === undefined ? id : `${shortText(name, TEXT_MAX - SHORT_ID - 1)} ${id.slice(0, SHORT_ID)}`;
}
