import { useEffect, useReducer, useRef, useState } from "react";
import { gatewayNow } from "../../app/gateway-clock.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { LogWindow } from "./log-window.ts";
import { filtersOf, readLogPage, timesOf } from "./logs-api.ts";

export interface ShownLog {
  log: LogWindow;
  /** When it was read first. */
  readAtMs: number;
  /** What of the address it was read for. */
  asked: string;
}

/** The first page is a small one, so that there are rows at once. */
const FIRST_PAGE = 100;

/** The place of `GET /logs` behind which everything is older than this time. */
const placeAt = (instant: string): string | undefined => {
  const ms = Date.parse(instant);
  return Number.isFinite(ms) && ms > 0 ? `${Math.floor(ms) * 1000}-` : undefined;
};

/**
 * The log that the address asks for. The one before is shown until the first rows of a new one are there.
 * @param asked what of the address it depends on
 * @param turn read anew with each
 */
export function useLogWindow(search: PlainSearch, asked: string, turn: number): ShownLog | undefined {
  const [shown, setShown] = useState<ShownLog>();
  const [, render] = useReducer((count: number) => count + 1, 0);
  const latest = useRef(search);
  latest.current = search;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is asked for is one text
  useEffect(() => {
    const readAtMs = gatewayNow();
    const filters = filtersOf(latest.current);
    const times = timesOf(latest.current, readAtMs);
    let frame = 0;
    const start = latest.current.at ? placeAt(latest.current.at) : undefined;
    const log = new LogWindow({
      start,
      readPage: (before, signal) =>
        readLogPage(filters, times, { before, signal, ...(before === start && { limit: FIRST_PAGE }) }),
      onChange: () => {
        if (frame !== 0) return;
        frame = requestAnimationFrame(() => {
          frame = 0;
          setShown((now) => (now?.log === log ? now : { log, readAtMs, asked }));
          render();
        });
      },
    });
    return () => {
      cancelAnimationFrame(frame);
      log.close();
    };
  }, [asked, turn]);
  return shown;
}
