import type { OrgLimit } from "@agentgate/client";
import { formatCount } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { enAdmin } from "../../messages/en-admin.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Section } from "../../ui/page.tsx";
import { limitsQuery } from "./admin-orgs-api.ts";

const said = enAdmin.adminOrgs;

const columns: Column<OrgLimit>[] = [
  { id: "scope", head: said.limit, isName: true, cell: ({ scope }) => said.scopes[scope] },
  { id: "rate", head: said.perSecond, isNumber: true, cell: ({ rate }) => formatCount(rate) },
  { id: "burst", head: said.atOnce, isNumber: true, cell: ({ burst }) => formatCount(burst) },
  {
    id: "left",
    head: said.leftNow,
    isNumber: true,
    cell: ({ tokens }) => (tokens === null ? said.perAddress : formatCount(Math.floor(tokens))),
  },
  {
    id: "rejected",
    head: said.rejected,
    isNumber: true,
    cell: ({ rejected_1h: count }) => <span className={count > 0 ? "text-fail" : ""}>{formatCount(count)}</span>,
  },
];

/** Rate limits, and what is left of them. */
export function OrgLimits({ id }: { id: string }) {
  const limits = useQuery(limitsQuery(id));
  return (
    <Section title={said.limitsTitle}>
      <Loaded query={limits} rows={3}>
        {(rows) => <DataTable caption={said.limitsTitle} columns={columns} rows={rows} keyOf={({ scope }) => scope} />}
      </Loaded>
    </Section>
  );
}
