import type { StatsTop } from "@agentgate/client";
import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatCount, moneyDecimals, shortText } from "@agentgate/protocol/format";
import { Link } from "@tanstack/react-router";
import { keptSearch } from "../../app/kept-search.ts";
import { useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { OrgLabel } from "../../ui/org-label.tsx";
import { Money } from "../../ui/values.tsx";

const said = en.overview;
const NAME_MAX = 40;
const UUID = /^[\da-f]{8}-/;
const FILTERS = { agent: "agent_id", payer: "payer_org_id" } as const;

type Entry = StatsTop["entries"][number];

interface TopTableProps {
  caption: string;
  by: "agent" | "payer";
  entries: readonly Entry[];
  /** What is said where there are none. */
  none?: string;
  /** These calls in the log, as its address has them. */
  calls: PlainSearch;
  /** With what their owners got of it. */
  hasEarned?: boolean;
}

/** Calls of a time by agent, or by who paid; each count leads to the calls that it counts. */
export function TopTable({ caption, by, entries, none = said.noCalls, calls, hasEarned = false }: TopTableProps) {
  const names = useOrgNames(by === "payer" ? entries.map(({ key }) => key) : []);
  if (entries.length === 0) return <p className="text-ink-2">{none}</p>;
  const decimals = moneyDecimals(
    ...entries.flatMap(({ spent, earned }) => (hasEarned ? [spent, earned] : [spent]).map(microDollarsFromNumber)),
  );
  const counted = ({ key }: Entry, count: number, more: PlainSearch, className: string) =>
    UUID.test(key) ? (
      <Link to="/dashboard/logs" search={{ ...calls, ...more, [FILTERS[by]]: key }} className={className}>
        {formatCount(count)}
      </Link>
    ) : (
      <span className={className}>{formatCount(count)}</span>
    );
  const columns: Column<Entry>[] = [
    {
      id: "name",
      head: by === "agent" ? said.agent : said.payer,
      isName: true,
      cell: (entry) => <Whose by={by} entry={entry} names={names} />,
    },
    {
      id: "calls",
      head: said.calls,
      isNumber: true,
      cell: (entry) => counted(entry, entry.ok + entry.error, {}, "text-inherit"),
    },
    {
      id: "failed",
      head: said.failed,
      isNumber: true,
      cell: (entry) => (entry.error === 0 ? "0" : counted(entry, entry.error, { status: "error" }, "text-fail")),
    },
    {
      id: "paid",
      head: said.paid,
      isNumber: true,
      cell: ({ spent }) => <Money dollars={spent} decimals={decimals} />,
    },
    {
      id: "earned",
      head: en.agents.earned,
      isNumber: true,
      cell: ({ earned }) => <Money dollars={earned} decimals={decimals} />,
    },
  ];
  return (
    <DataTable
      caption={caption}
      rows={entries}
      keyOf={({ key }) => key}
      columns={hasEarned ? columns : columns.slice(0, -1)}
    />
  );
}

interface WhoseProps {
  by: "agent" | "payer";
  entry: Entry;
  names: ReadonlyMap<string, string>;
}

/** An agent by its name; a payer by its name where one may know it, else by its id. */
function Whose({ by, entry: { key, name }, names }: WhoseProps) {
  if (!UUID.test(key)) return <>{name ? shortText(name, NAME_MAX) : said.nobody}</>;
  if (by === "payer") return <OrgLabel id={key} names={names} />;
  return (
    <>
      <Link to="/dashboard/agents/$id" params={{ id: key }} search={keptSearch}>
        {shortText(name ?? said.goneAgent, NAME_MAX)}
      </Link>{" "}
      <code className="text-ink-3">{key.slice(0, 8)}</code>
    </>
  );
}
