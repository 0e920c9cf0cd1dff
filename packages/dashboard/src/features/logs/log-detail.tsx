import { formatDuration, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Loading } from "../../ui/loading.tsx";
import { State } from "../../ui/state.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Age, Money } from "../../ui/values.tsx";
import { detailsQuery, type LogDetails } from "./logs-api.ts";

const said = en.logs;
const COLOURS = { admit: "var(--ink-2)", reserve: "var(--ink-3)", wait: "var(--accent)", receive: "var(--series-2)" };

/** Everything that is known of one call, beside the list; its id is in the address. */
export function LogDetail({ id }: { id: string }) {
  const call = useQuery(detailsQuery(id));
  return (
    <aside aria-label={said.detail} className="min-w-0 border-ink-1 border-t pt-3">
      <div className="flex items-baseline justify-between gap-3 pb-3">
        <h2 className="text-body">{said.detail}</h2>
        <Link to="." search={({ log: _log, ...rest }: PlainSearch) => rest}>
          {said.close}
        </Link>
      </div>
      {call.isPending ? (
        <Loading rows={8} />
      ) : call.isError ? (
        <TroubleBox error={call.error} onRetry={() => void call.refetch()} />
      ) : (
        <Known call={call.data} />
      )}
    </aside>
  );
}

function Known({ call }: { call: LogDetails }) {
  return (
    <div className="grid gap-6">
      <p>
        {call.status === "success" ? (
          <State is="ok" />
        ) : (
          <State is="failed" word={shortText(call.error_detail ?? en.states.failed, 40)} />
        )}{" "}
        <Age at={call.created_at} />
      </p>
      <Waterfall call={call} />
      <div>
        <h3 className="pb-2">{said.money}</h3>
        {call.transaction ? (
          <dl className="facts">
            <Fact name={said.paid}>
              <Money dollars={call.transaction.amount} />
            </Fact>
            <Fact name={said.fee}>
              <Money dollars={call.transaction.fee} />
            </Fact>
            <Fact name={said.net}>
              <Money dollars={call.transaction.net} />
            </Fact>
            <Fact name={said.entry}>
              <code>{call.transaction.id}</code>
            </Fact>
          </dl>
        ) : (
          <p>{said.nothingCharged}</p>
        )}
      </div>
      <dl className="facts">
        <Fact name={said.agent}>
          <Filter name="agent_id" value={call.agent_id}>
            {shortText(call.agent_name, 60)}
          </Filter>
        </Fact>
        <Fact name={said.names.payer_org_id}>
          {call.payer_org_id ? <Filter name="payer_org_id" value={call.payer_org_id} /> : "–"}
        </Fact>
        <Fact name={said.names.entrance}>{call.entrance ? <Filter name="entrance" value={call.entrance} /> : "–"}</Fact>
        <Fact name={said.names.trace_id}>{call.trace_id ? <Filter name="trace_id" value={call.trace_id} /> : "–"}</Fact>
        <Fact name={said.names.task_id}>{call.task_id ? <Filter name="task_id" value={call.task_id} /> : "–"}</Fact>
        <Fact name={en.request}>
          <code>{call.request_id ?? "–"}</code>
        </Fact>
      </dl>
      {call.deliveries.length > 0 && (
        <div>
          <h3 className="pb-2">{said.deliveries}</h3>
          <ul>
            {call.deliveries.map(({ id, event, status, attempts }) => (
              <li key={id}>
                <code>{event}</code> {status}, {said.attempts(attempts)}
              </li>
            ))}
          </ul>
        </div>
      )}
      {call.children.length > 0 && (
        <div>
          <h3 className="pb-2">{said.children}</h3>
          <ul>
            {call.children.map((child) => (
              <li key={child.id}>
                <Link to="." search={(now: PlainSearch) => ({ ...now, log: child.id })}>
                  {shortText(child.agent_name, 40)}
                </Link>{" "}
                {formatDuration(child.latency_ms)}
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="text-ink-2">{said.bodies}</p>
      <div>
        <CopyButton text={location.href} label={said.copyLink} />
      </div>
    </div>
  );
}

function Waterfall({ call: { timing, latency_ms } }: { call: LogDetails }) {
  if (timing.length === 0) return null;
  return (
    <div>
      <h3 className="pb-2">
        {said.took} {formatDuration(latency_ms)}
      </h3>
      <table className="table">
        <tbody>
          {timing.map(({ name, start_ms, ms }) => (
            <tr key={name}>
              <th scope="row" className="w-24">
                {said.stages[name]}
              </th>
              <td>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" className="h-2 w-full">
                  <rect
                    x={(start_ms / latency_ms) * 100}
                    y="1"
                    width={Math.max(0.5, (ms / latency_ms) * 100)}
                    height="6"
                    fill={COLOURS[name]}
                  />
                </svg>
              </td>
              <td className="w-20 text-right">{formatDuration(ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

/** A value that shows the calls that have it as well. */
const Filter = ({ name, value, children }: { name: string; value: string; children?: ReactNode }) => (
  <Link to="." search={(now: PlainSearch) => ({ ...now, [name]: value })}>
    {children ?? <code>{shortText(value, 40)}</code>}
  </Link>
);
