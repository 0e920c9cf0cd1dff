import { formatInstant } from "@agentgate/protocol/format";
import { useNavigate } from "@tanstack/react-router";
import { en } from "../messages/en.ts";
import { CopyLink } from "./copy-link.tsx";
import { gatewayNow } from "./gateway-clock.ts";
import { useKeys } from "./keys/use-keys.ts";
import type { PlainSearch } from "./plain-search.ts";
import { usePreferences } from "./preferences.ts";
import { instantsOf, moved, type RangeName, rangeNames, searchOf, type TimeRange } from "./time-range.ts";

/** Which time is looked at. It stands in the address, so that a link shows the same. */
export function RangePicker({ range }: { range: TimeRange }) {
  const navigate = useNavigate();
  const { zone } = usePreferences();
  const go = (next: TimeRange) =>
    void navigate({
      to: ".",
      search: (now: PlainSearch) => {
        const { range: _range, from: _from, to: _to, ...rest } = now;
        return { ...rest, ...searchOf(next) };
      },
    });
  const earlier = () => go(moved(range, gatewayNow(), -1));
  const later = () => range.kind === "fixed" && go(moved(range, gatewayNow(), 1));
  useKeys([
    { keys: "[", does: en.keys.earlier, run: earlier },
    { keys: "]", does: en.keys.later, run: later },
  ]);
  const { from, to } = instantsOf(range, gatewayNow());
  return (
    <div className="flex flex-wrap items-center gap-2">
      <button type="button" className="button" onClick={earlier} aria-label={en.earlier}>
        ‹
      </button>
      <label>
        <span className="spoken">{en.range}</span>
        <select
          className="field"
          value={range.kind === "last" ? range.name : "fixed"}
          onChange={({ target }) => go({ kind: "last", name: target.value as RangeName })}
        >
          {range.kind === "fixed" && (
            <option value="fixed">
              {formatInstant(from, { zone }).slice(0, 16)} – {formatInstant(to, { zone }).slice(0, 16)}
            </option>
          )}
          {rangeNames.map((name) => (
            <option key={name} value={name}>
              {en.ranges[name]}
            </option>
          ))}
        </select>
      </label>
      <button type="button" className="button" disabled={range.kind === "last"} onClick={later} aria-label={en.later}>
        ›
      </button>
      <CopyLink range={range} />
    </div>
  );
}
