import { formatCount, formatDuration, formatPercent, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { enAdmin } from "../../messages/en-admin.ts";
import { DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Section } from "../../ui/page.tsx";
import { metricsQuery } from "./admin-health-api.ts";

const said = enAdmin.adminHealth;
const NAME_MAX = 60;
const AGENTS_SHOWN = 10;

/** What the node that answers has counted since it started. */
export function NodeMetrics() {
  const metrics = useQuery(metricsQuery);
  return (
    <Section title={said.metrics}>
      <Loaded query={metrics} rows={6}>
        {({ total_requests: total, total_errors: failed, avg_latency_ms: mean, errors_by_type: errors, agents }) => {
          const slowest = Object.entries(agents).sort(([, a], [, b]) => b.p99_latency_ms - a.p99_latency_ms);
          return (
            <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
              <dl className="facts">
                <dt>{said.requests}</dt>
                <dd>{formatCount(total)}</dd>
                <dt>{said.failed}</dt>
                <dd>
                  {formatCount(failed)} {total > 0 && `(${formatPercent(failed, total)})`}
                </dd>
                <dt>{said.mean}</dt>
                <dd>{total > 0 ? formatDuration(mean) : "–"}</dd>
              </dl>
              <div className="grid grid-cols-[minmax(0,1fr)] gap-8 broad:grid-cols-2">
                {Object.keys(errors).length > 0 && (
                  <DataTable
                    caption={said.errors}
                    columns={[
                      {
                        id: "error",
                        head: said.error,
                        isName: true,
                        cell: ([error]) => (
                          <Link to="/dashboard/logs" search={{ status: "error", error }}>
                            <code>{shortText(error, NAME_MAX)}</code>
                          </Link>
                        ),
                      },
                      { id: "count", head: said.count, isNumber: true, cell: ([, count]) => formatCount(count) },
                    ]}
                    rows={Object.entries(errors).sort(([, a], [, b]) => b - a)}
                    keyOf={([error]) => error}
                  />
                )}
                {slowest.length > 0 && (
                  <div>
                    <DataTable
                      caption={said.slowest}
                      columns={[
                        {
                          id: "agent",
                          head: said.slowest,
                          isName: true,
                          cell: ([name]) => shortText(name, NAME_MAX),
                        },
                        {
                          id: "requests",
                          head: said.requests,
                          isNumber: true,
                          cell: ([, { requests }]) => formatCount(requests),
                        },
                        {
                          id: "mean",
                          head: said.mean,
                          isNumber: true,
                          cell: ([, { avg_latency_ms: ms }]) => formatDuration(ms),
                        },
                        {
                          id: "p99",
                          head: "p99",
                          isNumber: true,
                          cell: ([, { p99_latency_ms: ms }]) => formatDuration(ms),
                        },
                      ]}
                      rows={slowest.slice(0, AGENTS_SHOWN)}
                      keyOf={([name]) => name}
                    />
                    {slowest.length > AGENTS_SHOWN && (
                      <p className="pt-2 text-ink-2">{said.shown(AGENTS_SHOWN, formatCount(slowest.length))}</p>
                    )}
                  </div>
                )}
              </div>
              <p className="text-ink-2">{said.prometheus}</p>
            </div>
          );
        }}
      </Loaded>
    </Section>
  );
}
