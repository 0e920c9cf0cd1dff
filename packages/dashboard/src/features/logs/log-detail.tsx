import { formatDuration, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { MouseEvent, ReactNode } from "react";
import { gatewayNow } from "../../app/gateway-clock.ts";
import { fixedLink } from "../../app/link-to-here.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { usePreferences } from "../../app/preferences.ts";
import { en } from "../../messages/en.ts";
import { Command } from "../../ui/command.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { SidePanel } from "../../ui/side-panel.tsx";
import { State, type StateName } from "../../ui/state.tsx";
import { Age, Money } from "../../ui/values.tsx";
import { askForTask, callAgain, readRecord } from "./call-commands.ts";
import { type FacetName, type FilterName, facetNames } from "./filter-names.ts";
import { only, toggled } from "./filter-values.ts";
import type { LogDetails } from "./log-row.ts";
import { detailsQuery, traceQuery } from "./logs-api.ts";
import { treeOf } from "./trace-tree.ts";
import { Waterfall } from "./waterfall.tsx";

const said = en.logs;
/** Everything that is known of one call, beside the list; its id is in the address. */
export function LogDetail({ id, onClose }: { id: string; onClose(): void }) {
  const call = useQuery(detailsQuery(id));
  return (
    <SidePanel title={said.detail} onClose={onClose}>
      <Loaded query={call} rows={10}>
        {(found) => <Known call={found} />}
      </Loaded>
    </SidePanel>
  );
}

function Known({ call }: { call: LogDetails }) {
  const { zone } = usePreferences();
  const task = askForTask(call, location.origin);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <p className="flex flex-wrap items-baseline gap-x-3">
        {call.status === "success" ? (
          <State is="ok" word={`${en.states.ok} ${call.http_status ?? ""}`} />
        ) : (
          <Value name="error" value={call.error_detail ?? ""}>
            <State is="failed" word={shortText(call.error_detail ?? en.states.failed, 40)} />
          </Value>
        )}
        <Age at={call.created_at} />
      </p>
      <Waterfall call={call} />
      <Paid call={call} />
      <dl className="facts">
        <Fact name={said.agent}>
          <Value name="agent_id" value={call.agent_id}>
            {shortText(call.agent_name, 60)}
          </Value>{" "}
          <code className="text-ink-3">{call.agent_id.slice(0, 8)}</code>
        </Fact>
        {call.skill !== null && <Fact name={said.names.skill}>{linked("skill", call.skill)}</Fact>}
        <Fact name={said.names.payer_org_id}>{linked("payer_org_id", call.payer_org_id)}</Fact>
        <Fact name={said.names.entrance}>{linked("entrance", call.entrance)}</Fact>
        <Fact name={said.names.trace_id}>{linked("trace_id", call.trace_id)}</Fact>
        <Fact name={said.names.task_id}>{linked("task_id", call.task_id)}</Fact>
        <Fact name={said.names.context_id}>{linked("context_id", call.context_id)}</Fact>
        <Fact name={said.names.request_id}>{linked("request_id", call.request_id)}</Fact>
        <Fact name={said.names.caller_ip}>{linked("caller_ip", call.caller_ip)}</Fact>
        {call.key_id !== null && <Fact name={said.names.key_id}>{linked("key_id", call.key_id)}</Fact>}
        <Fact name="ID">
          <code>{call.id}</code>
        </Fact>
      </dl>
      <Deliveries call={call} />
      <Tree call={call} />
      <section>
        <p className="pb-2 text-ink-2">{task ? said.bodies : said.noTask}</p>
        {task && (
          <>
            <p className="pb-2">
              <Link
                to="/dashboard/tasks"
                search={({ zone, org }: PlainSearch) => ({
                  zone,
                  org,
                  of: call.agent_id,
                  task: call.task_id ?? undefined,
                })}
              >
                {said.askForTask}
              </Link>
            </p>
            <Command>{task}</Command>
          </>
        )}
      </section>
      <section>
        <h3 className="pb-2">{said.again}</h3>
        <Command>{callAgain(call, location.origin)}</Command>
      </section>
      <section>
        <h3 className="pb-2">{said.record}</h3>
        <Command>{readRecord(call, location.origin)}</Command>
      </section>
      <div>
        <CopyButton text={fixedLink(location.href, zone, gatewayNow())} label={said.copyLink} />
      </div>
    </div>
  );
}

function Paid({ call: { transaction } }: { call: LogDetails }) {
  return (
    <section>
      <h3 className="pb-2">{said.money}</h3>
      {transaction ? (
        <dl className="facts">
          <Fact name={said.paid}>
            <Money dollars={transaction.amount} />
          </Fact>
          <Fact name={said.fee}>
            <Money dollars={transaction.fee} />
          </Fact>
          <Fact name={said.net}>
            <Money dollars={transaction.net} />
          </Fact>
          <Fact name={said.entry}>
            <code>{transaction.id}</code>
          </Fact>
        </dl>
      ) : (
        <p>{said.nothingCharged}</p>
      )}
    </section>
  );
}

const DELIVERY_STATES: Record<string, StateName> = { delivered: "ok", pending: "running", failed: "failed" };

function Deliveries({ call: { deliveries } }: { call: LogDetails }) {
  if (deliveries.length === 0) return null;
  return (
    <section>
      <h3 className="pb-2">{said.deliveries}</h3>
      <ul>
        {deliveries.map(({ id, event, status, attempts }) => (
          <li key={id} className="flex flex-wrap items-baseline gap-x-3">
            <Link
              to="/dashboard/webhooks"
              search={({ zone, org }: PlainSearch) => ({ zone, org, tab: "deliveries", delivery: id })}
            >
              <code>{event}</code>
            </Link>
            <State is={DELIVERY_STATES[status] ?? "unknown"} word={status} />
            <span className="text-ink-2">{said.attempts(attempts)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The calls of its trace, each below the one whose agent made it. */
function Tree({ call }: { call: LogDetails }) {
  const { data } = useQuery({
    ...traceQuery(call.trace_id ?? "", Date.parse(call.created_at), undefined),
    enabled: call.trace_id !== null,
  });
  const known = new Map([...(data?.entries ?? []), ...call.children, call].map((row) => [row.id, row]));
  if (known.size < 2) return null;
  return (
    <section>
      <h3 className="pb-2">{said.tree}</h3>
      <ul>
        {treeOf([...known.values()]).map(({ row, depth }) => (
          <li key={row.id} className="flex items-baseline gap-2 border-line border-b py-1">
            <span aria-hidden="true" className="whitespace-pre font-mono text-ink-3">
              {depth > 0 ? `${"  ".repeat(Math.min(depth, 8) - 1)}└` : ""}
            </span>
            <span className="min-w-0 grow">
              {row.id === call.id ? (
                <strong aria-current="true">{shortText(row.agent_name, 40)}</strong>
              ) : (
                <Link to="." search={(now: PlainSearch) => ({ ...now, log: row.id })} resetScroll={false}>
                  {shortText(row.agent_name, 40)}
                </Link>
              )}
              {row.id === call.id && <span className="text-ink-2"> {said.thisOne}</span>}
            </span>
            {row.status === "error" && <State is="failed" word={shortText(row.error_detail ?? "", 20)} />}
            <span className="whitespace-nowrap">{formatDuration(row.latency_ms)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd className="min-w-0">{children}</dd>
  </>
);

const linked = (name: FilterName, value: string | null) => (value ? <Value name={name} value={value} /> : "–");

/** A value that shows the calls that have it as well; with Shift, where that can be asked for, those that have not. */
function Value({ name, value, children }: { name: FilterName; value: string; children?: ReactNode }) {
  const navigate = useNavigate();
  const mayExclude = (facetNames as readonly string[]).includes(name);
  const leaveOut = (event: MouseEvent) => {
    if (!mayExclude || !event.shiftKey) return;
    event.preventDefault();
    const search = (now: PlainSearch) => toggled(now, name as FacetName, value, true);
    void navigate({ to: ".", search, resetScroll: false });
  };
  return (
    <Link
      to="."
      search={(now: PlainSearch) => only(now, name, value)}
      resetScroll={false}
      onClick={leaveOut}
      title={mayExclude ? said.filterHint : undefined}
    >
      {children ?? <code>{shortText(value, 40)}</code>}
    </Link>
  );
}
