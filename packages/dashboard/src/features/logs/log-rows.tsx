import { formatDuration, shortText } from "@agentgate/protocol/format";
import { Link } from "@tanstack/react-router";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { TimingBar } from "../../ui/glyph.tsx";
import { State } from "../../ui/state.tsx";
import { Clock, Money } from "../../ui/values.tsx";
import type { LogRow } from "./logs-api.ts";

const said = en.logs;
const NAME_MAX = 40;
/** The slowest of so many in a hundred set the scale: one that took for ever would make all others dots. */
const SCALE_SHARE = 0.95;

export function LogRows({ rows, selected }: { rows: readonly LogRow[]; selected: string | undefined }) {
  const times = rows.map(({ latency_ms }) => latency_ms).sort((a, b) => a - b);
  const ofMs = times[Math.floor((times.length - 1) * SCALE_SHARE)] ?? 0;
  return (
    <table className="table log">
      <caption className="spoken">{en.pages.logs}</caption>
      <thead>
        <tr>
          <th scope="col">{said.time}</th>
          <th scope="col">{said.status}</th>
          <th scope="col">{said.agent}</th>
          <th scope="col" className="text-right">
            {said.took}
          </th>
          <th scope="col" className="w-40 max-wide:hidden">
            <span className="spoken">{said.bar}</span>
          </th>
          <th scope="col" className="text-right">
            {said.price}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id} aria-selected={row.id === selected} className={row.id === selected ? "bg-accent-wash" : ""}>
            <td className="font-mono">
              <Clock at={row.created_at} />
            </td>
            <td>
              {row.status === "success" ? (
                <State is="ok" word={`${row.http_status ?? 200}`} />
              ) : (
                <State is="failed" word={shortText(row.error_detail ?? en.states.failed, 24)} />
              )}
            </td>
            <th scope="row">
              <Link to="." search={(now: PlainSearch) => ({ ...now, log: row.id })} className="text-ink-1">
                {shortText(row.agent_name, NAME_MAX)}
              </Link>
            </th>
            <td className="text-right">{formatDuration(row.latency_ms)}</td>
            <td className="max-wide:hidden">
              <TimingBar
                gatewayMs={row.latency_ms - (row.agent_ms ?? row.latency_ms)}
                agentMs={row.agent_ms ?? row.latency_ms}
                ofMs={ofMs}
              />
            </td>
            <td className="text-right">
              <Money dollars={row.price} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
