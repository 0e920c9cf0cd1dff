import { formatCount, formatDuration, formatPercent } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { gateway } from "../../app/api.ts";
import { keptSearch } from "../../app/kept-search.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { Figure } from "../../ui/figure.tsx";
import { Money } from "../../ui/values.tsx";
import { changeOf, type StatsSeries, totalsOf, typical } from "./stats.ts";

const said = en.overview;

interface FiguresProps {
  series: StatsSeries;
  /** Whose wallet is shown, if anybody's. */
  orgId: string | null | undefined;
  /** Which calls are counted, as the log's address has it. */
  calls: PlainSearch;
  /** Beside those of before. */
  isCompared: boolean;
}

/** The figures on top: how much, how well, how fast, and what is left; each leads to what it is made of. */
export function Figures({ series: { points, previous }, orgId, calls, isCompared }: FiguresProps) {
  const now = totalsOf(points);
  const before = isCompared && previous ? totalsOf(previous.points) : undefined;
  const share = (ok: number, all: number) => formatPercent(ok, all) ?? "–";
  const [gatewayMs, agentMs, slowMs] = [typical(points, "gateway_p50"), typical(points, "p50"), typical(points, "p95")];
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 broad:grid-cols-4">
      <Figure
        name={said.calls}
        aside={before && compared(changeOf(now.calls, before.calls), formatCount(before.calls))}
      >
        <ToLogs search={calls}>{formatCount(now.calls)}</ToLogs>
      </Figure>
      <Figure name={said.success} aside={before && said.previous(share(before.ok, before.calls))}>
        <ToLogs search={{ ...calls, status: "error" }}>{share(now.ok, now.calls)}</ToLogs>
      </Figure>
      <Figure
        name={said.latency}
        aside={
          slowMs !== null && (
            <Link
              to="/dashboard/logs"
              search={{ ...calls, latency_min: `${Math.floor(slowMs)}` }}
              className="text-inherit"
            >
              {said.slowest(formatDuration(slowMs))}
            </Link>
          )
        }
      >
        <span className="flex flex-wrap items-baseline gap-x-3">
          <Half ms={gatewayMs} name={said.ofGateway} />
          <Half ms={agentMs} name={said.ofAgent} />
        </span>
      </Figure>
      {orgId && <Available orgId={orgId} />}
    </dl>
  );
}

/** A figure that leads to the calls that it counts. */
export const ToLogs = ({ search, children }: { search: PlainSearch; children: ReactNode }) => (
  <Link to="/dashboard/logs" search={search} className="text-inherit decoration-edge">
    {children}
  </Link>
);

const Half = ({ ms, name }: { ms: number | null; name: string }) => (
  <span className="whitespace-nowrap">
    {ms === null ? "–" : formatDuration(ms)} <span className="font-normal text-body text-ink-2">{name}</span>
  </span>
);

const compared = (change: string | undefined, before: string): string =>
  change === undefined ? said.previous(before) : said.changed(change, before);

function Available({ orgId }: { orgId: string }) {
  const { data } = useQuery({
    queryKey: ["wallet", orgId],
    queryFn: ({ signal }) => gateway.getOrgWallet(orgId, { signal }),
  });
  return (
    <Figure
      name={said.available}
      aside={
        data &&
        data.held > 0 && (
          <>
            {said.held} <Money dollars={data.held} />
          </>
        )
      }
    >
      <Link to="/dashboard/wallet" search={keptSearch} className="text-inherit decoration-edge">
        {data ? <Money dollars={data.available} /> : "–"}
      </Link>
    </Figure>
  );
}
