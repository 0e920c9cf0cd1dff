import { formatCount, shortText } from "@agentgate/protocol/format";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { DataTable } from "../../ui/data-table.tsx";
import type { Failing } from "./failing.ts";

const said = en.overview;
const NAME_MAX = 40;
/** Rows of failures; what is beyond is in the log. */
const ROWS = 8;

interface FailingTableProps {
  caption: string;
  rows: readonly Failing[];
  /** Which calls are counted, as the log's address has it: their time, and whose they are. */
  calls: PlainSearch;
  /** The agent's name, with what leads to it. */
  agent(id: string, name: string): ReactNode;
}

/** What fails: the agent, how, and how often of all its calls, which leads to just these in the log. */
export function FailingTable({ caption, rows, calls, agent }: FailingTableProps) {
  return (
    <DataTable
      caption={caption}
      rows={rows.slice(0, ROWS)}
      keyOf={({ agentId, error }) => `${agentId} ${error}`}
      columns={[
        {
          id: "agent",
          head: said.agent,
          isName: true,
          cell: ({ agentId, agentName }) => (
            <>
              {agent(agentId, shortText(agentName ?? said.goneAgent, NAME_MAX))}{" "}
              <code className="text-ink-3">{agentId.slice(0, 8)}</code>
            </>
          ),
        },
        { id: "error", head: said.error, cell: ({ error }) => <code>{shortText(error, NAME_MAX)}</code> },
        {
          id: "count",
          head: said.failed,
          isNumber: true,
          cell: ({ agentId, error, count, calls: all }) => (
            <Link
              to="/dashboard/logs"
              search={{ ...calls, status: "error", agent_id: agentId, error }}
              className="whitespace-nowrap text-fail"
            >
              {said.countOf(formatCount(count), formatCount(all))}
            </Link>
          ),
        },
      ]}
    />
  );
}
