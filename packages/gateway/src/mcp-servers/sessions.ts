import { OutboundError } from "../outbound/index.ts";
import { type Clock, Shares } from "../runtime/index.ts";
import type { ServerPlace, UnderWay } from "./request.ts";
import type { ServerCalls } from "./server-call.ts";
import { ServerError, ServerStatusError } from "./server-error.ts";
import { ASKABLE, type OpenedSession, openSession } from "./session.ts";
import { type Attending, SessionStream } from "./session-stream.ts";

export interface SessionsOptions {
  calls: ServerCalls;
  clock: Clock;
  /** Sessions of this node, and of one owner among them. */
  bounds?: { total: number; perOwner: number };
  /** How long a session is kept that nobody uses, in milliseconds. */
  idleMs?: number;
}

/** Whose session it is: of one caller, at one agent. */
export interface SessionKey {
  agentId: string;
  caller: string;
}

interface Kept {
  key: string;
  place: ServerPlace;
  opening: Promise<OpenedSession>;
  /** Of the session itself, opened with the first call that listens. */
  stream: SessionStream | undefined;
  uses: number;
  /** By the monotonic clock, in milliseconds. */
  usedAt: number;
}

const BOUNDS = { total: 1_000, perOwner: 250 };
const IDLE_MS = 300_000;
const SWEEP_MS = 15_000;
const OPEN_MS = 15_000;
const CLOSE_MS = 2_000;

/**
 * Sessions with servers of the legacy era, each of one caller at one agent: what a server remembers of one caller, no other comes across.
 * Those that nobody uses for a while end, and so does the one unused longest where another needs its place.
 */
export class Sessions {
  readonly #calls: ServerCalls;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #places: Shares;
  /** Those used longest ago first. */
  readonly #kept = new Map<string, Kept>();
  #sweep: (() => void) | undefined;
  #closed = false;

  constructor({ calls, clock, bounds = BOUNDS, idleMs = IDLE_MS }: SessionsOptions) {
    this.#calls = calls;
    this.#clock = clock;
    this.#places = new Shares(bounds);
    this.#idleMs = idleMs;
  }

  get size(): number {
    return this.#kept.size;
  }

  /**
   * Does one piece of work in the caller's session, which is begun where there is none. A server that does not know it any more (404) has done
   * nothing: it is begun anew, once, and the work done again.
   *
   * Rejects with OutboundError `busy` when all sessions that the owner may have are in use.
   * @param withinMs how long the beginning of a session may take
   * @param attending hears what the server says over the stream of the session meanwhile
   */
  use<T>(
    key: SessionKey,
    place: ServerPlace,
    work: (session: OpenedSession) => UnderWay<T>,
    withinMs = OPEN_MS,
    attending?: Attending,
  ): UnderWay<T> {
    const stop = Promise.withResolvers<never>();
    let current: UnderWay<T> | undefined;
    let aborted = false;
    const once = async (): Promise<T> => {
      const kept = this.#take(key, place, Math.min(withinMs, OPEN_MS));
      let leave = () => {};
      try {
        const opened = await kept.opening;
        if (attending) leave = await this.#attend(kept, opened, attending);
        if (aborted) throw wasAborted();
        current = work(opened);
        return await current.response;
      } catch (error) {
        if (isGone(error)) this.#forget(kept);
        throw error;
      } finally {
        leave();
        kept.uses--;
        kept.usedAt = this.#clock.monotonic();
      }
    };
    const done = once().catch((error) => {
      if (!isGone(error) || current === undefined || aborted) throw error;
      return once();
    });
    return {
      response: Promise.race([done, stop.promise]),
      abort() {
        aborted = true;
        if (current) current.abort();
        else stop.reject(wasAborted());
      },
    };
  }

  async #attend(kept: Kept, { session, speech }: OpenedSession, attending: Attending): Promise<() => void> {
    if (session === undefined) return () => {};
    kept.stream ??= new SessionStream(this.#calls, this.#clock, { place: kept.place, speech, session });
    return kept.stream.attend(attending);
  }

  /** Ends those of an agent that is gone, or is somewhere else now. */
  endAll(agentId: string): void {
    for (const kept of this.#kept.values()) if (kept.key.startsWith(`${agentId} `)) void this.#end(kept);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sweep?.();
    const ending = [...this.#kept.values()].map((kept) => this.#end(kept));
    await Promise.race([Promise.all(ending), new Promise<void>((resolve) => this.#clock.after(CLOSE_MS, resolve))]);
  }

  #take({ agentId, caller }: SessionKey, place: ServerPlace, withinMs: number): Kept {
    const key = `${agentId} ${place.url} ${caller}`;
    let kept = this.#kept.get(key);
    if (kept) this.#kept.delete(key);
    else kept = this.#begin(key, place, withinMs);
    this.#kept.set(key, kept);
    kept.uses++;
    kept.usedAt = this.#clock.monotonic();
    return kept;
  }

  #begin(key: string, place: ServerPlace, withinMs: number): Kept {
    if (this.#closed) throw new OutboundError("aborted", "the gateway is shutting down");
    if (!this.#places.has(place.owner)) this.#makeRoom(place.owner);
    if (!this.#places.take(place.owner)) throw new OutboundError("busy", "too many sessions are in use");
    const kept: Kept = {
      key,
      place,
      opening: openSession(this.#calls, place, withinMs, ASKABLE),
      stream: undefined,
      uses: 0,
      usedAt: 0,
    };
    kept.opening.catch(() => this.#forget(kept));
    this.#sweepSoon();
    return kept;
  }

  /** Of its own, where the owner has all that it may have; else of anybody's. */
  #makeRoom(owner: string): void {
    const isFull = this.#places.usedBy(owner) >= this.#places.perOwner;
    for (const kept of this.#kept.values()) {
      if (kept.uses > 0 || (isFull && kept.place.owner !== owner)) continue;
      void this.#end(kept);
      return;
    }
  }

  #forget(kept: Kept): void {
    if (this.#kept.get(kept.key) !== kept) return;
    this.#kept.delete(kept.key);
    kept.stream?.close();
    this.#places.give(kept.place.owner);
  }

  /** Tells the server, too. Never rejects. */
  async #end(kept: Kept): Promise<void> {
    this.#forget(kept);
    const opened = await kept.opening.catch(() => undefined);
    if (opened?.session !== undefined) await this.#calls.end(kept.place, opened.speech, opened.session).catch(() => {});
  }

  #sweepSoon(): void {
    this.#sweep ??= this.#clock.after(SWEEP_MS, () => {
      this.#sweep = undefined;
      const before = this.#clock.monotonic() - this.#idleMs;
      for (const kept of this.#kept.values()) if (kept.uses === 0 && kept.usedAt <= before) void this.#end(kept);
      if (this.#kept.size > 0 && !this.#closed) this.#sweepSoon();
    });
  }
}

/** What the server says of a session that it does not know (2025-11-25, "Session Management"). */
const isGone = (error: unknown): boolean =>
  (error instanceof ServerStatusError || error instanceof ServerError) && error.status === 404;

const wasAborted = () => new OutboundError("aborted", "the call was aborted");
