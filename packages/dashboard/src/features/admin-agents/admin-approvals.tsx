import type { AgentApprovalEntry } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { BesidePanel } from "../../ui/beside-panel.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { Page } from "../../ui/page.tsx";
import { SameByCurl } from "../../ui/same-by-curl.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Age } from "../../ui/values.tsx";
import { type ApprovalState, approvalsQuery } from "./admin-agents-api.ts";
import { AgentPanel } from "./agent-panel.tsx";
import { OwnerLink } from "./owner-link.tsx";

const said = enAdmin.adminAgents;
const NAME_MAX = 50;
const FIELDS_MAX = 60;
const states = ["pending", "rejected", "suspended"] as const satisfies readonly ApprovalState[];

const columnsWith = (names: ReadonlyMap<string, string>): Column<AgentApprovalEntry>[] => [
  {
    id: "name",
    head: said.name,
    isName: true,
    cell: ({ agent_id: id, agent_name: name }) => (
      <>
        <Link to="." search={(now: PlainSearch) => ({ ...now, agent: id })} className="font-strong">
          {shortText(name, NAME_MAX)}
        </Link>{" "}
        <code className="text-ink-3">{id.slice(0, 8)}</code>
      </>
    ),
  },
  {
    id: "what",
    head: said.what,
    cell: ({ kind, changes, state }) =>
      state === "suspended" ? (
        said.isSuspended
      ) : kind === "agent" ? (
        <span className="whitespace-nowrap">{said.newAgent}</span>
      ) : (
        <code>{shortText(changes.map(({ field }) => field).join(", "), FIELDS_MAX)}</code>
      ),
  },
  {
    id: "owner",
    head: said.owner,
    cell: ({ org_id }) => <OwnerLink id={org_id} names={names} />,
  },
  { id: "since", head: said.since, cell: ({ since }) => <Age at={since} /> },
];

/** What waits for the admin, what was refused, and what is suspended. */
export function AdminApprovals() {
  const { tab, agent } = useSearch({ strict: false }) as PlainSearch;
  const state = states.find((one) => one === tab) ?? "pending";
  const approvals = useInfiniteQuery(approvalsQuery(state));
  const names = useOrgNames(approvals.data?.pages.flatMap(({ entries }) => entries.map(({ org_id }) => org_id)) ?? []);
  const columns = columnsWith(names);
  return (
    <Page title={en.adminPages.approvals}>
      <Tabs label={said.which} tabs={states.map((id) => ({ id, label: said.tabs[id] }))} current={state} />
      <BesidePanel panel={agent && <AgentPanel id={agent} />}>
        <Loaded query={approvals} rows={8}>
          {({ pages }) => {
            const rows = pages.flatMap(({ entries }) => entries);
            return rows.length === 0 ? (
              <Empty {...(state === "pending" && { command: said.approvalSetting })}>{said.noneOf[state]}</Empty>
            ) : (
              <>
                <DataTable
                  caption={said.tabs[state]}
                  columns={columns}
                  rows={rows}
                  keyOf={({ agent_id: id, kind }) => `${id} ${kind}`}
                  isSelected={({ agent_id: id }) => id === agent}
                />
                <MoreButton of={approvals} />
              </>
            );
          }}
        </Loaded>
      </BesidePanel>
      <SameByCurl cli={["agentgate approvals"]} paths={[`/approvals?state=${state}`]} />
    </Page>
  );
}
