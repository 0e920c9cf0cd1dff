import type { GatewayNode } from "@agentgate/client";
import { formatCount, formatDuration, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { troubleOf } from "../../app/trouble.ts";
import { useNow } from "../../app/use-now.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { SameByCurl } from "../../ui/same-by-curl.tsx";
import { State } from "../../ui/state.tsx";
import { Age } from "../../ui/values.tsx";
import { nodesQuery, readinessQuery } from "./admin-health-api.ts";
import { NodeMetrics } from "./node-metrics.tsx";

const said = enAdmin.adminHealth;
const NAME_MAX = 40;
const MIB = 2 ** 20;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** An event loop that is later than that makes calls wait. */
const LATE_MS = 200;
/** Clocks of machines that keep time are within that. */
const AHEAD_MS = 1_000;

/** Which nodes there are, how each of them fares, and what the one that answers has counted. */
export function AdminHealth() {
  const nodes = useQuery(nodesQuery);
  return (
    <Page title={en.adminPages.health}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
        <Readiness />
        <Section title={said.nodes} aside={<span className="text-ink-2">{said.tenSeconds}</span>}>
          <Loaded query={nodes} rows={3}>
            {(rows) => <Nodes rows={rows} />}
          </Loaded>
        </Section>
        <Section title={said.queues}>
          <Loaded query={nodes} rows={3}>
            {(rows) => (
              <DataTable
                caption={said.queues}
                columns={queueColumns}
                rows={rows.filter(({ lives }) => lives)}
                keyOf={({ id }) => id}
              />
            )}
          </Loaded>
        </Section>
        <Section title={said.leases}>
          <Loaded query={nodes} rows={3}>
            {(rows) => <Leases rows={rows} />}
          </Loaded>
        </Section>
        <NodeMetrics />
      </div>
      <SameByCurl cli={["agentgate nodes"]} paths={["/health/ready", "/nodes", "/metrics", "/health/agents"]} />
    </Page>
  );
}

function Readiness() {
  const ready = useQuery(readinessQuery);
  return (
    <p className="flex flex-wrap items-baseline gap-x-6 gap-y-2">
      {ready.error ? (
        <State is="failed" word={said.notReady(troubleOf(ready.error).message)} />
      ) : ready.data ? (
        <>
          <State is="ok" word={said.ready} />
          {Object.entries(ready.data.checks).map(([name, found]) => (
            <State
              key={name}
              is={found === "ok" ? "ok" : "slow"}
              word={`${said.checks[name as keyof typeof said.checks] ?? name}: ${found === "ok" ? said.answers : said.unavailable}`}
            />
          ))}
        </>
      ) : (
        <State is="unknown" word={said.asking} />
      )}
      <Link to="/admin/agents" search={{ health: "unhealthy" }}>
        {said.silentAgents}
      </Link>
    </p>
  );
}

function Nodes({ rows }: { rows: readonly GatewayNode[] }) {
  const now = useNow();
  const versions = new Set(rows.filter(({ lives }) => lives).map(({ version }) => version));
  const columns: Column<GatewayNode>[] = [
    nodeName,
    {
      id: "state",
      head: said.state,
      cell: ({ lives, last_seen_at: at }) =>
        lives ? <State is="ok" word={said.lives} /> : <State is="failed" word={said.silentSince(agoOf(now, at))} />,
    },
    {
      id: "version",
      head: said.version,
      cell: ({ version }) => <span className={versions.size > 1 ? "text-warn" : ""}>{shortText(version, 20)}</span>,
    },
    { id: "up", head: said.up, isNumber: true, cell: ({ started_at: at, lives }) => (lives ? agoOf(now, at) : "–") },
    {
      id: "clock",
      head: said.clock,
      isNumber: true,
      cell: ({ load: { clock_ahead_ms: ms } }) =>
        ms === undefined ? "–" : <span className={Math.abs(ms) > AHEAD_MS ? "text-warn" : ""}>{signed(ms)}</span>,
    },
    {
      id: "loop",
      head: said.loop,
      isNumber: true,
      cell: ({ load: { loop_p99_ms: p99, loop_max_ms: max } }) =>
        p99 === undefined || p99 === null || max === undefined || max === null ? (
          "–"
        ) : (
          <span className={max > LATE_MS ? "text-warn" : ""}>
            {said.loopOf(formatDuration(p99), formatDuration(max))}
          </span>
        ),
    },
    { id: "cpu", head: said.cpu, isNumber: true, cell: ({ load }) => load.cpu.toFixed(2) },
    {
      id: "memory",
      head: said.memory,
      isNumber: true,
      cell: ({ load }) => said.mib(formatCount(Math.round(load.memory_bytes / MIB))),
    },
  ];
  return <DataTable caption={said.nodes} columns={columns} rows={rows} keyOf={({ id }) => id} />;
}

const nodeName: Column<GatewayNode> = {
  id: "name",
  head: said.node,
  isName: true,
  cell: ({ id, name, answers }) => (
    <>
      <span className="font-strong">{shortText(name, NAME_MAX)}</span>{" "}
      <code className="text-ink-3">{id.slice(0, 8)}</code>{" "}
      {answers && <span className="text-accent">{said.thisOne}</span>}
    </>
  ),
};

const QUEUES = ["tasks", "ledger", "call_log", "webhooks", "connections", "database"] as const;

const queueColumns: Column<GatewayNode>[] = [
  nodeName,
  ...QUEUES.map(
    (queue): Column<GatewayNode> => ({
      id: queue,
      head: said.queueNames[queue],
      isNumber: true,
      cell: ({ load }) => (load.queues?.[queue] === undefined ? "–" : formatCount(load.queues[queue])),
    }),
  ),
];

function Leases({ rows }: { rows: readonly GatewayNode[] }) {
  const leases = rows.flatMap((node) => node.leases.map((lease) => ({ lease, node })));
  if (leases.length === 0) return <p className="text-ink-2">{said.noLeases}</p>;
  return (
    <DataTable
      caption={said.leases}
      columns={[
        { id: "lease", head: said.lease, isName: true, cell: ({ lease }) => <code>{lease}</code> },
        {
          id: "node",
          head: said.node,
          cell: ({ node }) => (
            <>
              {shortText(node.name, NAME_MAX)} <code className="text-ink-3">{node.id.slice(0, 8)}</code>{" "}
              {!node.lives && <State is="slow" word={said.willBeTaken} />}
            </>
          ),
        },
        { id: "seen", head: said.lastSeen, cell: ({ node }) => <Age at={node.last_seen_at} /> },
      ]}
      rows={leases}
      keyOf={({ lease, node }) => `${lease} ${node.id}`}
    />
  );
}

/** `+3 ms`: whole milliseconds, as they are known. */
function signed(ms: number): string {
  const size = Math.abs(ms);
  const told = size < 1_000 ? said.milliseconds(size) : formatDuration(size);
  return ms === 0 ? told : `${ms > 0 ? "+" : "−"}${told}`;
}

/** How long, in two units at most: `3 d 4 h`. */
function agoOf(now: number, at: string): string {
  const ms = Math.max(0, now - Date.parse(at));
  if (ms < 60_000) return said.seconds(Math.floor(ms / 1_000));
  if (ms < HOUR_MS) return said.minutes(Math.floor(ms / 60_000));
  if (ms < DAY_MS) return said.hours(Math.floor(ms / HOUR_MS), Math.floor((ms % HOUR_MS) / 60_000));
  return said.days(Math.floor(ms / DAY_MS), Math.floor((ms % DAY_MS) / HOUR_MS));
}
