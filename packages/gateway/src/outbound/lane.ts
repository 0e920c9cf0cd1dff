import type { Dispatcher } from "undici";
import type { Clock, FairShares } from "../runtime/index.ts";
import type { LanePool } from "./connections.ts";
import type { HangBreaker } from "./hang-breaker.ts";
import { OutboundError } from "./outbound-error.ts";

/** A call that a lane can carry: undici's handler, and what undici is to send. */
export interface LaneCall extends Dispatcher.DispatchHandler {
  /** Kept until the answer begins: no call is sent again after that. */
  readonly options: Dispatcher.DispatchOptions | null;
  /** Whose share it takes. */
  readonly owner: string;
  fail(error: OutboundError): void;
}

export interface LanePools {
  open(): LanePool;
  /** Lets the calls under way on it end, then closes its connections. */
  leave(pool: LanePool): void;
}

export interface LaneLimits {
  /** Calls on connections at a time. */
  concurrent: number;
  /** Calls that may wait for one. */
  waiting: number;
  /** Milliseconds a connection is kept without a call. */
  keepAliveMs: number;
}

/**
 * Admission to one pool of connections: so many calls at a time, so many waiting in order of arrival, the rest turned away. A call
 * holds its place until undici has let go of it, which may be later than its caller has.
 */
export class Lane {
  /** Of the host, which a lane shares with the origin's other one. */
  readonly hangs: HangBreaker;
  #pool: LanePool;
  #openedMs: number;
  #idleSinceMs: number;
  readonly #pools: LanePools;
  readonly #clock: Clock;
  readonly #limits: LaneLimits;
  readonly #places: FairShares;
  readonly #waiting = new Set<LaneCall>();
  #underWay = 0;
  #onDrained: (() => void) | null = null;

  /** @param places of the calls of all lanes together, waiting or under way */
  constructor(pools: LanePools, limits: LaneLimits, places: FairShares, hangs: HangBreaker, clock: Clock) {
    this.#pools = pools;
    this.#pool = pools.open();
    this.#openedMs = clock.monotonic();
    this.#idleSinceMs = this.#openedMs;
    this.#clock = clock;
    this.#limits = limits;
    this.#places = places;
    this.hangs = hangs;
  }

  get underWay(): number {
    return this.#underWay;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Leaves connections behind that the other side may have closed, or be about to: a call on one of them could neither succeed nor be
   * repeated. Their own timers see to that, but late where the process stood still. Calls under way on them end in peace.
   *
   * @param stoodStillMs when the process last began to stand still
   */
  renewIfStale(nowMs: number, stoodStillMs: number): void {
    const unusedTooLong = this.#underWay === 0 && nowMs - this.#idleSinceMs > this.#limits.keepAliveMs;
    if (!unusedTooLong && this.#openedMs > stoodStillMs) return;
    this.#pools.leave(this.#pool);
    this.#pool = this.#pools.open();
    this.#openedMs = nowMs;
    this.#idleSinceMs = nowMs;
  }

  /** @throws OutboundError `busy` */
  enter(call: LaneCall): void {
    const isFull = this.#underWay >= this.#limits.concurrent;
    if (this.hangs.holdsBack(this.#underWay)) throw new OutboundError("busy", "the host has not answered lately");
    if (isFull && this.#waiting.size >= this.#limits.waiting) {
      throw new OutboundError("busy", "too many calls to this host are under way");
    }
    if (!this.#places.take(call.owner)) throw new OutboundError("busy", "too many calls are under way");
    if (isFull) this.#waiting.add(call);
    else this.#dispatch(call);
  }

  /** Takes a call back that still waits; no effect on one that is under way. */
  withdraw(call: LaneCall): void {
    if (!this.#waiting.delete(call)) return;
    this.#places.give(call.owner);
    this.#checkDrained();
  }

  /** Sends a call again that is under way and has failed; it keeps its place. */
  resend(call: LaneCall): void {
    // Not at once: undici reports a failure while it is still clearing up the connection.
    queueMicrotask(() => this.#pool.dispatch(call.options!, call));
  }

  /** To be called exactly once when undici is done with a call. */
  leave(call: LaneCall): void {
    this.#underWay -= 1;
    this.#places.give(call.owner);
    if (this.#waiting.size === 0) {
      if (this.#underWay === 0) this.#idleSinceMs = this.#clock.monotonic();
      this.#checkDrained();
      return;
    }
    const next = this.#waiting.values().next().value!;
    this.#waiting.delete(next);
    this.#dispatch(next);
  }

  /** Resolves when no call waits or is under way. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      this.#checkDrained();
    });
  }

  /** Ends every call that still waits. */
  failWaiting(error: OutboundError): void {
    for (const call of this.#waiting) call.fail(error);
  }

  #checkDrained(): void {
    if (this.#underWay + this.#waiting.size === 0) this.#onDrained?.();
  }

  #dispatch(call: LaneCall): void {
    this.#underWay += 1;
    this.#pool.dispatch(call.options!, call);
  }
}
