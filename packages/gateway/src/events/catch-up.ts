import type { CallTail, TailPosition } from "../call-log/index.ts";
import type { Backlog } from "./backlog.ts";
import type { CallEvents } from "./call-events.ts";
import type { CallFeed, CallListener } from "./call-feed.ts";
import type { ListenedTo } from "./event-id.ts";

export interface CatchUpOptions {
  tail: CallTail;
  feed: CallFeed;
  events: CallEvents;
  backlog: Backlog;
  /** Tells that some were missed: nobody knows how many. */
  lost(): void;
  hasLeft(): boolean;
  /** Waits for others who read on as well. What it gives is to be called when a page is read. */
  takeTurn(): Promise<() => void>;
  nowMs: number;
}

/** What was missed for longer is not looked for. */
const AGE_MS_MAX = 3_600_000;
const PAGE = 500;
/** Calls, of whomever, that are looked at to make up for a broken connection; beyond, there is a gap. */
const LOOKED_AT_MAX = 50_000;

/**
 * Tells what was committed since a listener was last here, then what is committed from now on, each call once: what is read to catch up ends
 * where the feed goes on.
 * @param since undefined for a listener that begins; null for a place that is none
 * @returns what ends it
 */
export async function followCalls(since: ListenedTo | null | undefined, options: CatchUpOptions): Promise<() => void> {
  const { tail, feed, events, backlog, lost, hasLeft, takeTurn, nowMs } = options;
  const listener: CallListener = {
    calls: (calls, position) => events.calls(calls, position),
    lost,
  };
  let position: TailPosition | undefined;
  if (since === null || (since && nowMs - since.atMs > AGE_MS_MAX)) lost();
  else if (since) position = since.position;
  let lookedAt = position ? -1 : 0;
  while (!hasLeft()) {
    const reached = await feed.position();
    if (position === undefined) {
      position = reached;
      events.tellPosition(position);
    }
    // A place that was brought along is looked at before it is believed.
    const leave = lookedAt < 0 ? undefined : feed.join(listener, position);
    if (leave) return leave;
    // It says how far behind one is, and anybody may say so.
    const endTurn = lookedAt < PAGE ? undefined : await takeTurn();
    const page = await tail.read(position, PAGE).finally(endTurn);
    lookedAt = Math.max(0, lookedAt) + page.calls.length;
    if (page.isLost || lookedAt > LOOKED_AT_MAX) {
      lost();
      position = undefined;
      lookedAt = 0;
      continue;
    }
    events.calls(page.calls, page.position);
    position = page.position;
    await backlog.drained();
  }
  return () => {};
}
