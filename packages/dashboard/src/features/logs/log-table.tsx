import { microDollarsFromNumber } from "@agentgate/protocol";
import { formatClock, formatDay, formatDuration, moneyDecimals, shortText } from "@agentgate/protocol/format";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type MouseEvent,
  memo,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useKeys } from "../../app/keys/use-keys.ts";
import { notify } from "../../app/notice.tsx";
import { usePreferences } from "../../app/preferences.ts";
import { useIsNarrow } from "../../app/use-is-narrow.ts";
import { en } from "../../messages/en.ts";
import { TimingBar } from "../../ui/glyph.tsx";
import { State } from "../../ui/state.tsx";
import { Money } from "../../ui/values.tsx";
import type { FacetName } from "./filter-names.ts";
import type { LogRow } from "./log-row.ts";
import type { LogWindow } from "./log-window.ts";

const said = en.logs;
const NAME_MAX = 40;
/** Pixels of a row: they are all alike, so that a place is known without its row. */
const HEIGHTS = { comfortable: 32, compact: 26, narrow: 56 } as const;
const OVERSCAN = 12;
/** The slowest of so many in a hundred set the scale: one that took for ever would make all others dots. */
const SCALE_SHARE = 0.95;
/** Rows that are looked at for the scale. */
const SCALE_ROWS = 500;

interface LogTableProps {
  log: LogWindow;
  /** Grows as its rows change. */
  length: number;
  /** Rows are of several days, and say of which. */
  hasDays: boolean;
  selected: string | undefined;
  onOpen(id: string | undefined): void;
  onFilter(name: FacetName, value: string, isExcluded: boolean): void;
  /** Whether the first row is above what is seen. */
  onAway(isAway: boolean): void;
  /** The times that are seen, newest first. */
  onSeen(newest: string, oldest: string): void;
}

/** Rows of the log, of which those are there that are seen. One tab stop: arrows, or `j` and `k`, go through them. */
export function LogTable({ log, length, hasDays, selected, onOpen, onFilter, onAway, onSeen }: LogTableProps) {
  const { zone, density } = usePreferences();
  const isNarrow = useIsNarrow();
  const body = useRef<HTMLTableSectionElement>(null);
  const [margin, setMargin] = useState(0);
  const [active, setActive] = useState<string>();
  const height = isNarrow ? HEIGHTS.narrow : HEIGHTS[density];
  const virtualizer = useWindowVirtualizer({
    count: length,
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollMargin: margin,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: heights are others with another density
  useEffect(() => virtualizer.measure(), [height]);
  useLayoutEffect(() => {
    const place = () => {
      if (body.current) setMargin(Math.round(body.current.getBoundingClientRect().top + scrollY));
    };
    place();
    const observer = new ResizeObserver(place);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  // biome-ignore lint/correctness/useExhaustiveDependencies: also when there are more
  useEffect(() => log.show(first, last), [log, first, last, length]);
  const isAway = (virtualizer.scrollOffset ?? 0) > margin;
  useEffect(() => onAway(isAway), [isAway, onAway]);
  const top = Math.max(0, Math.floor(((virtualizer.scrollOffset ?? 0) - margin) / height));
  const bottom = Math.min(length - 1, top + Math.ceil((virtualizer.scrollRect?.height ?? 0) / height));
  const [newest, oldest] = [log.rowAt(top)?.created_at, log.rowAt(bottom)?.created_at];
  useEffect(() => {
    if (newest !== undefined && oldest !== undefined) onSeen(newest, oldest);
  }, [newest, oldest, onSeen]);

  const at = log.indexOf(selected ?? active ?? "");
  const go = (to: number) => {
    const index = Math.min(length - 1, Math.max(0, to));
    const row = log.rowAt(index);
    if (!row) return;
    virtualizer.scrollToIndex(index);
    setActive(row.id);
    // Whoever looks into calls looks into the next one.
    if (selected !== undefined) onOpen(row.id);
  };
  const open = () => {
    const row = log.rowAt(at < 0 ? top : at);
    if (row) onOpen(row.id);
  };
  const copyId = () => {
    const id = selected ?? active;
    if (id !== undefined) void navigator.clipboard.writeText(id).then(() => notify(said.idCopied));
  };
  useKeys([
    { keys: "j", does: en.keys.down, run: () => go(at < 0 ? top : at + 1) },
    { keys: "k", does: en.keys.up, run: () => go(at < 0 ? top : at - 1) },
    { keys: "Enter", does: said.keys.open, run: open },
    { keys: "Escape", does: said.keys.close, run: () => onOpen(undefined) },
    { keys: "y", does: said.keys.copyId, run: copyId },
  ]);
  const page = Math.max(1, bottom - top - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const to: Record<string, number> = {
      ArrowDown: at < 0 ? top : at + 1,
      ArrowUp: at < 0 ? top : at - 1,
      PageDown: (at < 0 ? top : at) + page,
      PageUp: (at < 0 ? top : at) - page,
      Home: 0,
    };
    const next = to[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(next);
  };
  const block = Math.floor(first / SCALE_ROWS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: also when there are more
  const ofMs = useMemo(() => scaleOf(log, block), [log, block, length]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: also when there are more
  const decimals = useMemo(() => decimalsOf(log, block), [log, block, length]);
  const shownId = log.rowAt(at)?.id;
  return (
    <table
      // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its rows are gone through by keys
      role="grid"
      tabIndex={0}
      aria-label={en.pages.logs}
      aria-rowcount={-1}
      aria-activedescendant={
        at >= first && at <= last && shownId !== undefined && items.length > 0 ? `log-${shownId}` : undefined
      }
      className={hasDays ? "log log-days" : "log"}
      onKeyDown={onKeyDown}
    >
      <thead>
        <tr aria-rowindex={1} className="log-row log-head">
          <th scope="col">{said.time}</th>
          <th scope="col">{said.status}</th>
          <th scope="col">{said.agent}</th>
          <th scope="col" className="text-right">
            {said.took}
          </th>
          <th scope="col">
            <span className="spoken">{said.bar}</span>
          </th>
          <th scope="col" className="text-right">
            {said.price}
          </th>
        </tr>
      </thead>
      <tbody ref={body} className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, start }) => (
          <Row
            key={log.rowAt(index)?.id ?? index}
            row={log.rowAt(index)}
            index={index}
            y={start - margin}
            height={height}
            zone={zone}
            ofMs={ofMs}
            decimals={decimals}
            hasDays={hasDays}
            isSelected={shownId !== undefined && log.rowAt(index)?.id === shownId}
            onOpen={onOpen}
            onFilter={onFilter}
          />
        ))}
      </tbody>
    </table>
  );
}

/** What the longest price near there needs. */
function decimalsOf(log: LogWindow, block: number): number {
  const prices = new Set<number>();
  for (let index = block * SCALE_ROWS; index < Math.min(log.length, (block + 1) * SCALE_ROWS); index++) {
    const price = log.rowAt(index)?.price;
    if (price) prices.add(price);
  }
  return moneyDecimals(...[...prices].map(microDollarsFromNumber));
}

function scaleOf(log: LogWindow, block: number): number {
  const from = block * SCALE_ROWS;
  const times: number[] = [];
  for (let index = from; index < Math.min(log.length, from + SCALE_ROWS); index++) {
    const row = log.rowAt(index);
    if (row) times.push(row.latency_ms);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor((times.length - 1) * SCALE_SHARE)] ?? 0;
}

interface RowProps {
  row: LogRow | undefined;
  index: number;
  y: number;
  height: number;
  zone: string;
  ofMs: number;
  /** Of prices. */
  decimals: number;
  hasDays: boolean;
  isSelected: boolean;
  onOpen(id: string): void;
  onFilter(name: FacetName, value: string, isExcluded: boolean): void;
}

const Row = memo(function Row({
  row,
  index,
  y,
  height,
  zone,
  ofMs,
  decimals,
  hasDays,
  isSelected,
  onOpen,
  onFilter,
}: RowProps) {
  const style = { height, transform: `translateY(${y}px)` };
  if (!row) {
    return (
      <tr aria-rowindex={index + 2} className="log-row absolute inset-x-0 top-0" style={style}>
        <td className="h-2 self-center bg-sunken">
          <span className="spoken">{en.loading}</span>
        </td>
      </tr>
    );
  }
  /** A click filters, with Shift it leaves out; the rest of the row opens the call. */
  const filter = (name: FacetName, value: string) => (event: MouseEvent) => {
    event.stopPropagation();
    onFilter(name, value, event.shiftKey);
  };
  const { error_detail: error, agent_ms: agentMs, latency_ms: ms } = row;
  return (
    <tr
      id={`log-${row.id}`}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      className="log-row absolute inset-x-0 top-0"
      style={style}
      onClick={() => onOpen(row.id)}
    >
      <td className="log-time font-mono">
        <time dateTime={row.created_at}>
          {hasDays && <span className="text-ink-3">{formatDay(Date.parse(row.created_at), { zone }).slice(5)} </span>}
          {formatClock(Date.parse(row.created_at), { zone })}
        </time>
      </td>
      <td className="log-status">
        {error === null ? (
          <State is="ok" word={`${row.http_status ?? 200}`} />
        ) : (
          <button
            type="button"
            tabIndex={-1}
            className="value"
            title={said.filterHint}
            onClick={filter("error", error)}
          >
            <State is="failed" word={shortText(error, 24)} />
          </button>
        )}
      </td>
      <th scope="row" className="log-agent">
        <button
          type="button"
          tabIndex={-1}
          className="value"
          title={said.filterHint}
          onClick={filter("agent_id", row.agent_id)}
        >
          {shortText(row.agent_name, NAME_MAX)}
        </button>
      </th>
      <td className="log-took text-right">{formatDuration(ms)}</td>
      <td className="log-bar">
        <TimingBar gatewayMs={ms - (agentMs ?? ms)} agentMs={agentMs ?? ms} ofMs={ofMs} />
      </td>
      <td className="log-price text-right">
        <Money dollars={row.price} decimals={decimals} />
      </td>
    </tr>
  );
});
