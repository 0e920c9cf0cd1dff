import { useEffect, useRef, useState } from "react";
import { liveHub, type Told } from "../../app/live/use-live.ts";
import { isWanted } from "../../app/live/wish.ts";
import type { LogRow } from "./log-row.ts";
import { type LogWindow, onceEach } from "./log-window.ts";
import { type Filters, readLogPage } from "./logs-api.ts";

/** Calls that wait while one reads; beyond, the log is read anew. */
const WAITING_MAX = 2_000;
/** What one looks for first that one has not been told. */
const CATCH_UP = 100;

export interface Tail extends Told {
  /** Calls that came while it was held. */
  waiting: number;
  /** There were more than could be kept, or some were not told. */
  hasGap: boolean;
  /** So many were not told, where the gateway knows. */
  missed: number | undefined;
}

export interface TailOptions {
  log: LogWindow | undefined;
  filters: Filters;
  from: string;
  isOn: boolean;
  /** Somebody reads: what comes waits. */
  isHeld: boolean;
  ownOrgId: string | null;
  /** Reads the log anew. */
  anew(): void;
}

/** What comes, at the top of the log as it comes, frame by frame; while somebody reads it waits. */
export function useTail({ log, filters, from, isOn, isHeld, ownOrgId, anew }: TailOptions): Tail {
  const [stream, setStream] = useState<Told>({ state: "connecting", atMs: 0 });
  const [waiting, setWaiting] = useState(0);
  const [hasGap, setGap] = useState(false);
  const [missed, setMissed] = useState<number>();
  const held = useRef<LogRow[]>([]);
  const now = useRef({ log, isHeld, anew });
  now.current = { log, isHeld, anew };
  const asked = JSON.stringify(filters);

  // What waited is shown when nobody reads any more.
  useEffect(() => {
    if (isHeld || !log) return;
    if (hasGap) {
      anew();
      setGap(false);
    } else if (held.current.length > 0 && !log.land(held.current)) anew();
    held.current = [];
    setWaiting(0);
  }, [isHeld, log, hasGap, anew]);

  // Another log has nothing that waits for it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: just when it is another
  useEffect(() => {
    held.current = [];
    setWaiting(0);
    setGap(false);
    setMissed(undefined);
  }, [log]);

  useEffect(() => {
    if (!isOn) return;
    const wanted = JSON.parse(asked) as Filters;
    const left = new AbortController();
    let came: LogRow[] = [];
    let frame = 0;
    const flush = () => {
      frame = 0;
      const rows = onceEach(came);
      came = [];
      const { log, isHeld, anew } = now.current;
      if (!log) return;
      if (!isHeld) {
        if (!log.land(rows)) anew();
        return;
      }
      const known = new Set(held.current.map(({ id }) => id));
      held.current.push(...rows.filter(({ id }) => !known.has(id) && !log.has(id)));
      if (held.current.length > WAITING_MAX) {
        held.current = [];
        setGap(true);
      }
      setWaiting(held.current.length);
    };
    const add = (rows: readonly LogRow[]) => {
      came.push(...rows);
      // A tab that nobody sees draws no frames.
      if (came.length > WAITING_MAX) {
        came = [];
        setGap(true);
      }
      if (frame === 0) frame = requestAnimationFrame(flush);
    };
    /** What was committed before one listened, or could not be told: from the newest call back to the newest that was known. */
    const catchUp = async () => {
      const known = now.current.log?.rowAt(0)?.created_at;
      const rows: LogRow[] = [];
      for (let before: string | undefined; ; ) {
        const options = { before, ...(before === undefined && { limit: CATCH_UP }), signal: left.signal };
        const page = await readLogPage(wanted, { from }, options);
        const { log } = now.current;
        rows.push(...page.entries.filter(({ id }) => !log?.has(id)));
        const oldest = page.entries.at(-1);
        // A log that has not begun reads what is further back itself.
        const isJoined = known === undefined || (oldest !== undefined && oldest.created_at <= known);
        if (isJoined || page.next === null || !log?.isBegun || log.length === 0) return add(rows);
        // So much is read anew at once.
        if (rows.length > WAITING_MAX || oldest === undefined) return setGap(true);
        before = page.next;
      }
    };
    const stop = liveHub().want(
      { topics: ["logs"], filter: wanted },
      {
        event: ({ type, data }, isMine) => {
          if (type === "log") {
            const row = JSON.parse(data) as LogRow;
            if (isMine || isWanted(row, wanted, ownOrgId)) add([row]);
          } else if (type === "gap") {
            setMissed((JSON.parse(data) as { missed: number | null }).missed ?? undefined);
            void catchUp().catch(() => setGap(true));
          }
        },
        state: (state, atMs) => {
          setStream({ state, atMs });
          if (state !== "live") return;
          // What could not be read while nobody answered can be now.
          if (now.current.log?.error !== undefined) now.current.log.lookFurther();
          // What cannot be read now is told of by the next state.
          void catchUp().catch(() => {});
        },
      },
    );
    return () => {
      left.abort();
      cancelAnimationFrame(frame);
      stop();
    };
  }, [isOn, asked, from, ownOrgId]);
  return { ...stream, waiting, hasGap, missed };
}
