import type { CallTail, TailCall, TailPosition } from "../call-log/index.ts";
import type { Backlog } from "./backlog.ts";
import type { CallEvents } from "./call-events.ts";
import type { CallFeed, CallListener } from "./call-feed.ts";
import type { ListenedTo } from "./event-id.ts";

export interface CatchUpOptions {
  tail: CallTail;
  feed: CallFeed;
  events: Pick<CallEvents, "calls" | "tellPosition">;
  backlog: Backlog;
  /** Tells that some were missed: nobody knows how many. */
  lost(): void;
  /** What happens from here on is told. Called once. */
  ready(): void;
  hasLeft(): boolean;
  /** To be called when the listener leaves, or at once where it has left. */
  onLeave(left: () => void): void;
  /** Waits for others who read on as well. What it gives is to be called when a page is read. */
  takeTurn(): Promise<() => void>;
  nowMs: number;
}

/** What was missed for longer is not looked for. */
const AGE_MS_MAX = 3_600_000;
const PAGE = 500;
/** Calls, of whomever, that are looked at to make up for a broken connection, or for a reader who lags; beyond, there is a gap. */
const LOOKED_AT_MAX = 50_000;

/**
 * Tells what was committed since a listener was last here, then what is committed from now on, each call once: what is read to catch up ends
 * where the feed goes on. Whoever reads more slowly than calls come leaves the feed at the first that there is no room for, and catches up
 * when there is. Ends when the listener has left.
 *
 * @param since undefined for a listener that begins; null for a place that is none
 */
export async function followCalls(since: ListenedTo | null | undefined, options: CatchUpOptions): Promise<void> {
  const { tail, feed, events, backlog, lost, ready, hasLeft, onLeave, takeTurn, nowMs } = options;
  let position: TailPosition | undefined;
  if (since === null || (since && nowMs - since.atMs > AGE_MS_MAX)) lost();
  else if (since) position = since.position;
  let lookedAt = position ? -1 : 0;
  let isNew = true;
  let live: Live | undefined;
  onLeave(() => live?.end());
  while (!hasLeft()) {
    const reached = await feed.position();
    if (position === undefined) {
      position = reached;
      events.tellPosition(position);
    }
    live = new Live(events, position, lost);
    // A place that was brought along is looked at before it is believed.
    const leave = lookedAt < 0 ? undefined : feed.join(live, position);
    if (leave) {
      if (isNew) ready();
      isNew = false;
      if (hasLeft()) live.end();
      position = await live.over;
      leave();
      if (position === undefined) return;
      await backlog.drained();
      lookedAt = 0;
      continue;
    }
    // It says how far behind one is, and anybody may say so.
    const endTurn = lookedAt < PAGE ? undefined : await takeTurn();
    const page = await tail.read(position, PAGE).finally(endTurn);
    lookedAt = Math.max(0, lookedAt);
    if (page.isLost || lookedAt + page.calls.length > LOOKED_AT_MAX) {
      lost();
      position = undefined;
      lookedAt = 0;
      continue;
    }
    // What there is no room for is read again, not kept: a page is in nobody's share.
    const told = events.calls(page.calls, page.position);
    lookedAt += told;
    position = told === page.calls.length ? page.position : (page.calls[told - 1]?.position ?? position);
    await backlog.drained();
  }
}

/** Who is told as calls come, until there is no room for one. */
class Live implements CallListener {
  readonly #events: CatchUpOptions["events"];
  readonly #over = Promise.withResolvers<TailPosition | undefined>();
  readonly lost: () => void;
  #told: TailPosition;
  #isOver = false;

  constructor(events: CatchUpOptions["events"], from: TailPosition, lost: () => void) {
    this.#events = events;
    this.#told = from;
    this.lost = lost;
  }

  /** Up to where it was told when there was no room any more; undefined when it has left. */
  get over(): Promise<TailPosition | undefined> {
    return this.#over.promise;
  }

  calls(calls: readonly TailCall[], position: TailPosition): void {
    if (this.#isOver) return;
    const told = this.#events.calls(calls, position);
    if (told === calls.length) {
      this.#told = position;
      return;
    }
    if (told > 0) this.#told = calls[told - 1]!.position;
    this.#isOver = true;
    this.#over.resolve(this.#told);
  }

  end(): void {
    this.#isOver = true;
    this.#over.resolve(undefined);
  }
}
