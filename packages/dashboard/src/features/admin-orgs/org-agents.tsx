import type { Agent } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { enAdmin } from "../../messages/en-admin.ts";
import { AgentState } from "../../ui/agent-state.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { Section } from "../../ui/page.tsx";
import { Age, Price } from "../../ui/values.tsx";
import { orgAgentsQuery } from "./admin-orgs-api.ts";

const said = enAdmin.adminOrgs;
const NAME_MAX = 60;

const columns: Column<Agent>[] = [
  {
    id: "name",
    head: said.name,
    isName: true,
    cell: ({ id, name }) => (
      <>
        <Link to="/admin/agents" search={{ agent: id }}>
          {shortText(name, NAME_MAX)}
        </Link>{" "}
        <code className="text-ink-3">{id.slice(0, 8)}</code>
      </>
    ),
  },
  { id: "state", head: said.state, cell: ({ approval }) => <AgentState approval={approval} /> },
  { id: "price", head: said.price, isNumber: true, cell: ({ price_per_task: price }) => <Price dollars={price} /> },
  { id: "changed", head: said.changed, cell: ({ updated_at: at }) => <Age at={at} /> },
];

export function OrgAgents({ id }: { id: string }) {
  const agents = useInfiniteQuery(orgAgentsQuery(id));
  return (
    <Section title={said.agents}>
      <Loaded query={agents} rows={3}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.rows);
          return rows.length === 0 ? (
            <p className="text-ink-2">{said.noAgents}</p>
          ) : (
            <>
              <DataTable caption={said.agents} columns={columns} rows={rows} keyOf={({ id }) => id} />
              <MoreButton of={agents} />
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}
