import type { Agent } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { AgentState } from "../../ui/agent-state.tsx";
import { BesidePanel } from "../../ui/beside-panel.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { NoHit } from "../../ui/no-hit.tsx";
import { Page } from "../../ui/page.tsx";
import { SameByCurl } from "../../ui/same-by-curl.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { Age, Price } from "../../ui/values.tsx";
import { agentsPath, agentsQuery } from "./admin-agents-api.ts";
import { AgentPanel } from "./agent-panel.tsx";
import { OwnerLink } from "./owner-link.tsx";

const said = enAdmin.adminAgents;
const NAME_MAX = 50;

const firstAgent = () => `curl -s ${location.origin}/agents/ \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"name":"my-agent","url":"https://agent.example"}'`;

const columnsWith = (names: ReadonlyMap<string, string>): Column<Agent>[] => [
  {
    id: "name",
    head: said.name,
    isName: true,
    cell: ({ id, name }) => (
      <>
        <Link to="." search={(now: PlainSearch) => ({ ...now, agent: id })} className="font-strong">
          {shortText(name, NAME_MAX)}
        </Link>{" "}
        <code className="text-ink-3">{id.slice(0, 8)}</code>
      </>
    ),
  },
  { id: "state", head: said.state, cell: ({ approval }) => <AgentState approval={approval} /> },
  {
    id: "owner",
    head: said.owner,
    cell: ({ org_id }) => <OwnerLink id={org_id} names={names} />,
  },
  { id: "protocol", head: said.protocol, isWideOnly: true, cell: ({ protocol }) => protocol ?? "–" },
  { id: "price", head: said.price, isNumber: true, cell: ({ price_per_task: price }) => <Price dollars={price} /> },
  { id: "changed", head: said.changed, isWideOnly: true, cell: ({ updated_at: at }) => <Age at={at} /> },
];

/** All agents of the gateway, also those that wait and those that are suspended. */
export function AdminAgents() {
  const { q, health, agent } = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const filter = { q, health: health === "unhealthy" ? health : undefined };
  const agents = useInfiniteQuery(agentsQuery(filter));
  const names = useOrgNames(agents.data?.pages.flatMap(({ rows }) => rows.map(({ org_id }) => org_id)) ?? []);
  const columns = columnsWith(names);
  const set = (changes: PlainSearch) =>
    void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, ...changes }), replace: true });
  return (
    <Page
      title={en.adminPages.agents}
      actions={
        <div className="flex w-full flex-wrap items-center gap-3 wide:w-auto">
          <SearchBox label={said.search} value={q} onSettled={(text) => set({ q: text })} />
          <label className="flex items-center gap-2">
            <input
              type="checkbox"
              checked={filter.health !== undefined}
              onChange={({ target }) => set({ health: target.checked ? "unhealthy" : undefined })}
            />
            {said.silentOnly}
          </label>
        </div>
      }
    >
      <BesidePanel panel={agent && <AgentPanel id={agent} />}>
        <Loaded query={agents} rows={12}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.rows);
            if (rows.length > 0) {
              return (
                <>
                  <DataTable
                    caption={en.adminPages.agents}
                    columns={agent ? columns.filter(({ isWideOnly }) => !isWideOnly) : columns}
                    rows={rows}
                    keyOf={({ id }) => id}
                    isSelected={({ id }) => id === agent}
                  />
                  <MoreButton of={agents} />
                </>
              );
            }
            return q || filter.health ? (
              <NoHit clear={said.clear} filters={["q", "health"]}>
                {said.noHit}
              </NoHit>
            ) : (
              <Empty command={firstAgent()}>{said.noAgents}</Empty>
            );
          }}
        </Loaded>
      </BesidePanel>
      <SameByCurl paths={[agentsPath(filter), ...(agent ? [`/agents/${agent}`] : [])]} />
    </Page>
  );
}
