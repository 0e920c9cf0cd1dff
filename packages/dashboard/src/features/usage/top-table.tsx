import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatCount, moneyDecimals, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { keptSearch } from "../../app/kept-search.ts";
import { useOrgNames } from "../../app/org-names.ts";
import { en } from "../../messages/en.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { OrgLabel } from "../../ui/org-label.tsx";
import { Money } from "../../ui/values.tsx";
import { type TopEntry, topQuery } from "./usage-api.ts";

const said = en.usage;
const NAME_MAX = 50;
const UUID = /^[\da-f]{8}-/;

interface TopTableProps {
  by: "agent" | "payer";
  span: { from: number; to: number };
  orgId: string | undefined;
}

/** Calls of a time by agent, or by who paid; each leads to its calls in the log. */
export function TopTable({ by, span, orgId }: TopTableProps) {
  const top = useQuery(topQuery(by, span, orgId));
  const names = useOrgNames(by === "payer" ? (top.data?.entries.map(({ key }) => key) ?? []) : []);
  return (
    <Loaded query={top} rows={4}>
      {({ entries }) => {
        if (entries.length === 0) return <p className="text-ink-2">{said.none}</p>;
        const decimals = moneyDecimals(
          ...entries.flatMap(({ spent, earned }) => [spent, earned].map(microDollarsFromNumber)),
        );
        return (
          <DataTable
            caption={by === "agent" ? said.byAgent : said.byPayer}
            rows={entries}
            keyOf={({ key }) => key}
            columns={[
              {
                id: "name",
                head: by === "agent" ? said.agent : said.payer,
                isName: true,
                cell: (entry) => <Whose by={by} entry={entry} names={names} />,
              },
              { id: "calls", head: said.calls, isNumber: true, cell: ({ ok, error }) => formatCount(ok + error) },
              {
                id: "failed",
                head: said.failed,
                isNumber: true,
                cell: ({ error }) => <span className={error > 0 ? "text-fail" : ""}>{formatCount(error)}</span>,
              },
              {
                id: "paid",
                head: said.paid,
                isNumber: true,
                cell: ({ spent }) => <Money dollars={spent} decimals={decimals} />,
              },
              {
                id: "earned",
                head: said.earnedShort,
                isNumber: true,
                cell: ({ earned }) => <Money dollars={earned} decimals={decimals} />,
              },
            ]}
          />
        );
      }}
    </Loaded>
  );
}

function Whose({
  by,
  entry: { key, name },
  names,
}: {
  by: "agent" | "payer";
  entry: TopEntry;
  names: ReadonlyMap<string, string>;
}) {
  if (!UUID.test(key)) return <>{name ? shortText(name, NAME_MAX) : said.nobody}</>;
  const filter = by === "agent" ? "agent_id" : "payer_org_id";
  return (
    <>
      <Link to="/dashboard/logs" search={(now) => ({ ...keptSearch(now), [filter]: key })}>
        {name ? shortText(name, NAME_MAX) : <OrgLabel id={key} names={names} />}
      </Link>{" "}
      {name && <code className="text-ink-3">{key.slice(0, 8)}</code>}
    </>
  );
}
