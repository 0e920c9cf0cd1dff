import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatDuration, formatPercent, moneyDecimals, shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery, useQueries, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { keptSearch } from "../../app/kept-search.ts";
import { useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { sessionQuery } from "../../app/session.ts";
import { useGrainedNow } from "../../app/use-now.ts";
import { useSettled } from "../../app/use-settled.ts";
import { en } from "../../messages/en.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Loading } from "../../ui/loading.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { NoHit } from "../../ui/no-hit.tsx";
import { OrgLabel } from "../../ui/org-label.tsx";
import { Page } from "../../ui/page.tsx";
import { Money, Price } from "../../ui/values.tsx";
import { AgentState } from "./agent-state.tsx";
import { agentsQuery, earnedQuery, type ListedAgent, orgShown } from "./agents-api.ts";

const NAME_MAX = 60;
const TYPED_MS = 250;
const GRAIN_MS = 300_000;
const said = en.agents;

const firstAgent = () => `curl -s ${location.origin}/agents/ \\
  -H "authorization: Bearer $AGENTGATE_API_KEY" -H 'content-type: application/json' \\
  -d '{"name":"my-agent","url":"https://agent.example.com"}'`;

/** The agents of an organization; the admin sees all. */
export function Agents() {
  const session = useQuery(sessionQuery);
  const search = useSearch({ strict: false }) as PlainSearch;
  return (
    <Page
      title={en.pages.agents}
      actions={
        <div className="flex w-full flex-wrap items-center gap-3 wide:w-auto">
          <Search />
          <Link to="/dashboard/agents/new" search={keptSearch} className="button button-primary">
            {said.register}
          </Link>
        </div>
      }
    >
      <Loaded query={session} rows={10}>
        {(whoever) => <List orgId={orgShown(whoever, search.org)} q={search.q} />}
      </Loaded>
    </Page>
  );
}

/** What is looked for stands in the address once it is typed. */
function Search() {
  const { q = "" } = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const [typed, setTyped] = useState(q);
  const settled = useSettled(typed, TYPED_MS);
  useEffect(() => setTyped(q), [q]);
  useEffect(() => {
    void navigate({
      to: ".",
      search: (now: PlainSearch) => ({ ...now, q: settled || undefined }),
      replace: true,
    });
  }, [settled, navigate]);
  return (
    <search className="grow wide:w-72 wide:grow-0">
      <label>
        <span className="spoken">{said.search}</span>
        <input
          type="search"
          className="field"
          placeholder={said.search}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
      </label>
    </search>
  );
}

function List({ orgId, q }: { orgId: string | undefined; q: string | undefined }) {
  const agents = useInfiniteQuery(agentsQuery(orgId, q));
  const now = useGrainedNow(GRAIN_MS);
  const pages = agents.data?.pages ?? [];
  const earned = useQueries({
    queries: pages.map(({ agents }) =>
      earnedQuery(
        agents.map(({ id }) => id),
        now,
      ),
    ),
    combine: (results) => new Map(results.flatMap(({ data }) => [...(data ?? [])])),
  });
  const names = useOrgNames(pages.flatMap(({ agents }) => agents.map(({ org_id }) => org_id)));
  if (agents.isPending) return <Loading rows={10} />;
  const rows = pages.flatMap(({ agents }) => agents);
  return (
    <Loaded query={agents} rows={10}>
      {() =>
        rows.length > 0 ? (
          <>
            <DataTable
              caption={en.pages.agents}
              columns={columnsWith(earned, decimalsOf(earned), orgId === undefined ? names : undefined)}
              rows={rows}
              keyOf={({ id }) => id}
            />
            <MoreButton of={agents} />
            <p className="pt-4 text-ink-2">{said.asOfThirtyDays}</p>
          </>
        ) : q ? (
          <NoHit clear={said.clear} filters={["q"]}>
            {said.noHit}
          </NoHit>
        ) : (
          <Empty command={firstAgent()}>{said.none}</Empty>
        )
      }
    </Loaded>
  );
}

/** Of whoever sees everybody's. */
const ownerWith = (names: ReadonlyMap<string, string>): Column<ListedAgent> => ({
  id: "owner",
  head: said.owner,
  isWideOnly: true,
  cell: ({ org_id }) =>
    org_id === null ? (
      "–"
    ) : (
      <Link to="." search={(now: PlainSearch) => ({ ...now, org: org_id })}>
        <OrgLabel id={org_id} names={names} />
      </Link>
    ),
});

const columnsWith = (
  earned: ReadonlyMap<string, number>,
  decimals: number,
  /** Of their owners, where these are told. */
  names: ReadonlyMap<string, string> | undefined,
): Column<ListedAgent>[] => [
  {
    id: "name",
    head: said.name,
    isName: true,
    cell: ({ id, name, visibility }) => (
      <span className="flex flex-wrap items-baseline gap-x-2">
        <Link to="/dashboard/agents/$id" params={{ id }} search={keptSearch} className="font-strong">
          {shortText(name, NAME_MAX)}
        </Link>
        <code className="text-ink-3">{id.slice(0, 8)}</code>
        {visibility && visibility !== "public" && <span className="text-ink-2">{said.visibilities[visibility]}</span>}
      </span>
    ),
  },
  { id: "health", head: said.health, cell: (agent) => <AgentState agent={agent} health={agent.health} /> },
  ...(names ? [ownerWith(names)] : []),
  { id: "version", head: said.version, isWideOnly: true, cell: ({ version }) => shortText(version, 16) },
  { id: "protocol", head: said.protocol, isWideOnly: true, cell: ({ protocol = "plain" }) => said.protocols[protocol] },
  {
    id: "price",
    head: said.price,
    isNumber: true,
    cell: ({ price_per_task }) => <Price dollars={price_per_task} />,
  },
  {
    id: "p95",
    head: said.p95,
    isNumber: true,
    cell: ({ p95_ms }) => (p95_ms === null || p95_ms === undefined ? "–" : formatDuration(p95_ms)),
  },
  { id: "failed", head: said.failedShare, isNumber: true, cell: (agent) => <FailedShare agent={agent} /> },
  {
    id: "earned",
    head: said.earned,
    isNumber: true,
    cell: ({ id }) => <Money dollars={earned.get(id) ?? (earned.size > 0 ? 0 : undefined)} decimals={decimals} />,
  },
];

/** What its longest amount needs. */
const decimalsOf = (amounts: ReadonlyMap<string, number>): number =>
  moneyDecimals(...[...amounts.values()].map((dollars) => microDollarsFromNumber(dollars)));

/** Of its calls; a link to those that failed. */
function FailedShare({ agent: { id, calls_30d: calls = 0, success_30d } }: { agent: ListedAgent }) {
  if (calls === 0 || success_30d === null || success_30d === undefined) return "–";
  const failed = calls - Math.round(success_30d * calls);
  const share = formatPercent(failed, calls) ?? "–";
  if (failed === 0) return share;
  return (
    <Link to="/dashboard/logs" search={{ agent_id: id, status: "error", range: "30d" }} className="text-fail">
      {share}
    </Link>
  );
}
