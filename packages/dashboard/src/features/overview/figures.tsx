import { formatCount, formatDuration, formatPercent } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { gateway } from "../../app/api.ts";
import { en } from "../../messages/en.ts";
import { Money } from "../../ui/values.tsx";
import { type StatsSeries, totalsOf, typical } from "./stats.ts";

const said = en.overview;

/** The figures on top: how much, how well, how fast, and what is left. */
export function Figures({ series, orgId }: { series: StatsSeries; orgId: string | null | undefined }) {
  const { points, previous } = series;
  const now = totalsOf(points);
  const before = previous && totalsOf(previous.points);
  const share = (ok: number, calls: number) => formatPercent(ok, calls) ?? "–";
  const times = (of: StatsSeries["points"]) => [typical(of, "gateway_p50"), typical(of, "p50")] as const;
  const told = (ms: number | null) => (ms === null ? "–" : formatDuration(ms));
  const [gatewayMs, agentMs] = times(points);
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-4 broad:grid-cols-4">
      <Figure name={said.calls} before={before && formatCount(before.calls)}>
        {formatCount(now.calls)}
      </Figure>
      <Figure name={said.success} before={before && share(before.ok, before.calls)}>
        {share(now.ok, now.calls)}
      </Figure>
      <Figure name={said.latency}>
        <span className="text-section">
          {told(gatewayMs)} <span className="font-normal text-body text-ink-2">{said.ofGateway}</span> {told(agentMs)}{" "}
          <span className="font-normal text-body text-ink-2">{said.ofAgent}</span>
        </span>
      </Figure>
      {orgId && <Available orgId={orgId} />}
    </dl>
  );
}

function Available({ orgId }: { orgId: string }) {
  const { data } = useQuery({
    queryKey: ["wallet", orgId],
    queryFn: ({ signal }) => gateway.getOrgWallet(orgId, { signal }),
  });
  return <Figure name={said.available}>{data ? <Money dollars={data.balance} /> : "–"}</Figure>;
}

function Figure({ name, before, children }: { name: string; before?: string | undefined; children: ReactNode }) {
  return (
    <div className="border-ink-1 border-t pt-2">
      <dt className="text-ink-2">{name}</dt>
      <dd className="font-strong text-title">{children}</dd>
      {before !== undefined && <dd className="text-ink-3">{said.previous(before)}</dd>}
    </div>
  );
}
