import type { Org } from "@agentgate/client";
import { formatCount, shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { NoHit } from "../../ui/no-hit.tsx";
import { Page } from "../../ui/page.tsx";
import { SameByCurl } from "../../ui/same-by-curl.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { Age, Money } from "../../ui/values.tsx";
import { orgsPath, orgsQuery } from "./admin-orgs-api.ts";
import { CreateOrg } from "./create-org.tsx";

const NAME_MAX = 60;
const said = enAdmin.adminOrgs;

const firstOrg = () => `curl -s ${location.origin}/orgs/ \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"name":"acme-corp"}'`;

const columns: Column<Org>[] = [
  {
    id: "name",
    head: said.name,
    isName: true,
    cell: ({ id, name }) => (
      <>
        <Link to="/admin/orgs/$id" params={{ id }} className="font-strong">
          {shortText(name, NAME_MAX)}
        </Link>{" "}
        <code className="text-ink-3">{id.slice(0, 8)}</code>
      </>
    ),
  },
  { id: "tier", head: said.tier, cell: ({ tier }) => tier },
  { id: "balance", head: said.balance, isNumber: true, cell: ({ balance }) => <Money dollars={balance} /> },
  {
    id: "agents",
    head: said.agents,
    isNumber: true,
    cell: ({ agents }) => (agents === undefined ? "–" : formatCount(agents)),
  },
  {
    id: "limits",
    head: said.limits,
    isNumber: true,
    isWideOnly: true,
    cell: ({ rate_limit: rate, rate_burst: burst }) => said.rate(formatCount(rate), formatCount(burst)),
  },
  { id: "created", head: said.created, cell: ({ created_at: at }) => <Age at={at} /> },
];

/** All organizations, page by page; found by how their names begin. */
export function AdminOrgs() {
  const { q } = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const [isCreating, setCreating] = useState(false);
  const orgs = useInfiniteQuery(orgsQuery(q));
  const look = (text: string) =>
    void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, q: text }), replace: true });
  return (
    <Page
      title={en.adminPages.orgs}
      actions={
        <div className="flex w-full flex-wrap gap-3 wide:w-auto">
          <SearchBox label={said.search} value={q} onSettled={look} />
          <button type="button" className="button button-primary" onClick={() => setCreating(true)}>
            {said.create}
          </button>
        </div>
      }
    >
      <Loaded query={orgs} rows={12}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.rows);
          if (rows.length > 0) {
            return (
              <>
                <DataTable caption={en.adminPages.orgs} columns={columns} rows={rows} keyOf={({ id }) => id} />
                <p className="pt-3 text-ink-2">
                  {orgs.hasNextPage ? said.shown(formatCount(rows.length)) : said.all(formatCount(rows.length))}
                </p>
                <MoreButton of={orgs} />
              </>
            );
          }
          return q ? (
            <NoHit clear={said.clear} filters={["q"]}>
              {said.noHit}
            </NoHit>
          ) : (
            <Empty command={firstOrg()}>{said.none}</Empty>
          );
        }}
      </Loaded>
      <SameByCurl paths={[orgsPath(q)]} />
      {isCreating && <CreateOrg onClose={() => setCreating(false)} />}
    </Page>
  );
}
