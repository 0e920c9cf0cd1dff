import { shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { en } from "../messages/en.ts";
import { DataTable } from "../ui/data-table.tsx";
import { Empty } from "../ui/empty.tsx";
import { Loaded } from "../ui/loaded.tsx";
import { Loading } from "../ui/loading.tsx";
import { MoreButton } from "../ui/more-button.tsx";
import { Page } from "../ui/page.tsx";
import { Age, Money } from "../ui/values.tsx";
import { gateway } from "./api.ts";
import type { PlainSearch } from "./plain-search.ts";
import { sessionQuery } from "./session.ts";

const PAGE = 50;
const NAME_MAX = 60;

/** Whose a page is: an organization's own, or of the one that the admin has chosen, which the address names. */
export interface ChosenOrg {
  id: string;
  isAdmin: boolean;
}

interface OrgPageProps {
  title: string;
  actions?: (org: ChosenOrg) => ReactNode;
  children: (org: ChosenOrg) => ReactNode;
}

/** A page about one organization. The admin chooses one first. */
export function OrgPage({ title, actions, children }: OrgPageProps) {
  const { org } = useSearch({ strict: false }) as PlainSearch;
  const { data: session } = useQuery(sessionQuery);
  if (!session) return <Loading />;
  const isAdmin = session.kind === "admin";
  const id = isAdmin ? org : session.org_id;
  if (!id) return <OrgChoice title={title} />;
  const chosen = { id, isAdmin };
  return (
    <Page title={title} actions={actions?.(chosen)}>
      {isAdmin && <Chosen id={id} />}
      {children(chosen)}
    </Page>
  );
}

const orgQuery = (id: string) => ({
  queryKey: ["org", id],
  queryFn: ({ signal }: { signal: AbortSignal }) => gateway.getOrg(id, { signal }),
});

/** The organization's record: name, tier, thresholds. */
export const useOrg = (id: string) => useQuery(orgQuery(id));

function Chosen({ id }: { id: string }) {
  const { data } = useOrg(id);
  return (
    <p className="flex flex-wrap items-baseline gap-x-3 pb-6">
      <span>
        <span className="font-strong">{data ? shortText(data.name, NAME_MAX) : "…"}</span> <code>{id}</code>
      </span>
      <Link to="." search={({ org: _org, ...rest }: PlainSearch) => rest}>
        {en.org.another}
      </Link>
    </p>
  );
}

const firstOrg = () => `curl -s ${location.origin}/orgs/ \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"name":"acme-corp"}'`;

function OrgChoice({ title }: { title: string }) {
  const orgs = useInfiniteQuery({
    queryKey: ["orgs"],
    queryFn: ({ pageParam, signal }) => gateway.listOrgs({ limit: PAGE, offset: pageParam, signal }),
    initialPageParam: 0,
    getNextPageParam: (page, pages) => (page.length === PAGE ? pages.length * PAGE : undefined),
  });
  return (
    <Page title={title}>
      <Loaded query={orgs}>
        {({ pages }) => {
          const rows = pages.flat();
          if (rows.length === 0) return <Empty command={firstOrg()}>{en.org.none}</Empty>;
          return (
            <>
              <p className="pb-3 text-ink-2">{en.org.choose}</p>
              <DataTable
                caption={en.org.choose}
                rows={rows}
                keyOf={({ id }) => id}
                columns={[
                  {
                    id: "name",
                    head: en.org.name,
                    isName: true,
                    cell: ({ id, name }) => (
                      <>
                        <Link to="." search={(now: PlainSearch) => ({ ...now, org: id })}>
                          {shortText(name, NAME_MAX)}
                        </Link>{" "}
                        <code className="text-ink-3">{id.slice(0, 8)}</code>
                      </>
                    ),
                  },
                  { id: "tier", head: en.org.tier, cell: ({ tier }) => tier },
                  {
                    id: "balance",
                    head: en.org.balance,
                    isNumber: true,
                    cell: ({ balance }) => <Money dollars={balance} />,
                  },
                  { id: "created", head: en.org.created, isWideOnly: true, cell: (org) => <Age at={org.created_at} /> },
                ]}
              />
              <MoreButton of={orgs} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}
