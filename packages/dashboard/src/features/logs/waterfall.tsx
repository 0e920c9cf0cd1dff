import { formatDuration } from "@agentgate/protocol/format";
import { en } from "../../messages/en.ts";
import type { LogDetails } from "./log-row.ts";

const said = en.logs;
const COLOURS = { admit: "var(--ink-2)", reserve: "var(--ink-3)", wait: "var(--accent)", receive: "var(--series-2)" };
/** Of a hundred: what there is can be seen. */
const LEAST = 0.75;

/** The call's time, stage by stage. */
export function Waterfall({ call: { timing, latency_ms } }: { call: LogDetails }) {
  if (timing.length === 0 || latency_ms <= 0) return null;
  const part = (ms: number) => Math.min(100, (ms / latency_ms) * 100);
  return (
    <div>
      <h3 className="pb-2">
        {said.took} {formatDuration(latency_ms)}
      </h3>
      <table className="table">
        <tbody>
          {timing.map(({ name, start_ms, ms }) => (
            <tr key={name}>
              <th scope="row" className="w-28">
                {said.stages[name]}
              </th>
              <td>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" className="h-2 w-full">
                  <rect
                    x={Math.min(100 - LEAST, part(start_ms))}
                    y="1"
                    width={Math.max(LEAST, part(ms))}
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
