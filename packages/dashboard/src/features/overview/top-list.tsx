import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatCount, moneyDecimals, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { keptSearch } from "../../app/kept-search.ts";
import { useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { OrgLabel } from "../../ui/org-label.tsx";
import { Section } from "../../ui/page.tsx";
import { Money } from "../../ui/values.tsx";
import { type Asked, type StatsTop, topQuery } from "./stats.ts";

interface TopListProps {
  title: string;
  by: "agent" | "payer";
  asked: Asked;
  /** These calls in the log, as its address has them. */
  calls: PlainSearch;
}

const said = en.overview;
const NAME_MAX = 40;
const UUID = /^[\da-f]{8}-/;
const FILTERS = { agent: "agent_id", payer: "payer_org_id" } as const;

/** Those with most calls; each count leads to the calls that it counts. */
export function TopList({ title, by, asked, calls }: TopListProps) {
  const top = useQuery(topQuery(by, asked));
  const names = useOrgNames(by === "payer" ? (top.data?.entries.map(({ key }) => key) ?? []) : []);
  return (
    <Section title={title}>
      <Loaded query={top} rows={5}>
        {({ entries }) => {
          if (entries.length === 0) return <p className="text-ink-2">{said.noCalls}</p>;
          const decimals = moneyDecimals(...entries.map(({ spent }) => microDollarsFromNumber(spent)));
          const counted = ({ key }: Entry, count: number, more: PlainSearch, className: string) =>
            UUID.test(key) ? (
              <Link to="/dashboard/logs" search={{ ...calls, ...more, [FILTERS[by]]: key }} className={className}>
                {formatCount(count)}
              </Link>
            ) : (
              <span className={className}>{formatCount(count)}</span>
            );
          return (
            <DataTable
              caption={title}
              rows={entries}
              keyOf={({ key }) => key}
              columns={[
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
                  cell: (entry) =>
                    entry.error === 0 ? "0" : counted(entry, entry.error, { status: "error" }, "text-fail"),
                },
                {
                  id: "paid",
                  head: said.paid,
                  isNumber: true,
                  cell: ({ spent }) => <Money dollars={spent} decimals={decimals} />,
                },
              ]}
            />
          );
        }}
      </Loaded>
    </Section>
  );
}

type Entry = StatsTop["entries"][number];

/** An agent by its name; a payer by its id, which is all that those who are paid know of it. */
function Whose({
  by,
  entry: { key, name },
  names,
}: {
  by: "agent" | "payer";
  entry: Entry;
  names: ReadonlyMap<string, string>;
}) {
  if (!UUID.test(key)) return <>{name ? shortText(name, NAME_MAX) : said.nobody}</>;
  const short = <code className="text-ink-3">{key.slice(0, 8)}</code>;
  if (by === "payer") return <OrgLabel id={key} names={names} />;
  return (
    <>
      <Link to="/dashboard/agents/$id" params={{ id: key }} search={keptSearch}>
        {shortText(name ?? said.goneAgent, NAME_MAX)}
      </Link>{" "}
      {short}
    </>
  );
}
