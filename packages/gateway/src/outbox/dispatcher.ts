import type { Clock, Log, Random } from "../runtime/index.ts";
import { Backoff } from "./backoff.ts";
import type { Delivery, Lane } from "./lane.ts";
import type { LaneStore, StoredMessage } from "./lane-store.ts";
import { Pace } from "./pace.ts";
import { type PlaceLimits, Places } from "./places.ts";
import { Renewals, type Turn } from "./renewals.ts";
import { Standby } from "./standby.ts";

export interface DispatchLimits {
  places: PlaceLimits;
  /** Waits after a lane's first failure, its second, and so on, in milliseconds; the last for all that follow. */
  retryMs: readonly number[];
  /** The same for whatever else an owner has for a receiver that gave no answer; by default as long. */
  silentMs?: readonly number[];
  /** The longest wait that a receiver may ask for; by default an hour. */
  askedMs?: number;
  /** How often one message is tried. */
  attempts: number;
  /** A message that failed is not tried again when it is older; by default however old it is. */
  ageMs?: number;
  /** How long a lane is taken for; whoever lives takes it for longer in time. */
  leaseMs: number;
  /** How often a node looks for lanes whose time has come. */
  pollMs: number;
}

export interface DispatcherOptions<M extends StoredMessage = StoredMessage> {
  store: LaneStore<M>;
  clock: Clock;
  random: Random;
  log: Log;
  limits: DispatchLimits;
  /** One attempt, bounded in time; it need not wait when the signal says that the gateway stops. */
  deliver(message: M, lane: Lane, stopping: AbortSignal): Promise<Delivery>;
  /** A message waits no more. */
  onRemoved?(lane: Lane, bytes: number): void;
}

/** A lane gives way to others after so many messages. */
const TURN_MAX = 16;
const BATCH = 64;
/** How many batches are looked through in one go; what is left is looked at in the next. */
const BATCHES_MAX = 32;
const RECALL_EVERY_MS = 60_000;
const ASKED_MS = 3_600_000;
/** How long lanes that stand by are kept for this node. */
const RESERVED_MS = 4_000;
/** With fewer that stand by, more are looked for. */
const STANDBY_MIN = 64;
/** How long what is under way when the gateway stops may take. */
const GRACE_MS = 1_000;
const RECALLED_AT_ONCE = 256;
const CLOCK_SLACK_MS = 600_000;

/**
 * Brings out what waits in lanes: each message at least once, those of one lane in order, over retries and over the death of
 * the node that was at it. Any number of nodes work on one database; a lane is one node's at a time, by a lease that ends by the
 * database's clock and that is renewed while the node lives. No tenant, source, owner or receiver has more than its share of the
 * deliveries under way, and one whose share is used up, or whose receiver fails, waits by itself and in nobody's way.
 */
export class Dispatcher<M extends StoredMessage = StoredMessage> {
  readonly #options: DispatcherOptions<M>;
  readonly #store: LaneStore<M>;
  readonly #places: Places;
  readonly #pace: Pace;
  readonly #backoff: Backoff;
  readonly #turns = new Map<string, Turn>();
  readonly #renewals: Renewals;
  readonly #running = new Set<Promise<void>>();
  readonly #standby = new Standby();
  /** What this node reserves lanes with. */
  readonly #marker: string;
  readonly #stopping = new AbortController();
  #cancelPoll = () => {};
  #wakes: (() => void) | undefined;
  #cancelRecall = () => {};
  #polling = false;
  /** Somebody wanted a poll while one was under way. */
  #again = false;
  #closed = false;

  constructor(options: DispatcherOptions<M>) {
    const { store, clock, random, limits } = options;
    const { retryMs, silentMs = retryMs, askedMs = ASKED_MS } = limits;
    this.#options = options;
    this.#marker = random.uuid();
    this.#store = store;
    this.#places = new Places(limits.places);
    this.#renewals = new Renewals({ ...options, turns: this.#turns, leaseMs: limits.leaseMs });
    this.#pace = new Pace(clock, random);
    this.#backoff = new Backoff(clock, random, { retryMs, silentMs, askedMs });
  }

  start(): void {
    this.#schedule(0);
    void this.#recall();
  }

  /** How many deliveries are under way on this node. */
  get underWay(): number {
    return this.#turns.size;
  }

  /** Looks for lanes whose time has come after so long, where that is sooner than it would look by itself. */
  wake(delayMs: number): void {
    if (delayMs === 0) this.#schedule(0);
    else if (!this.#closed) this.#wakes ??= this.#options.clock.after(delayMs, () => this.#awake());
  }

  /** How long a lane in which something is put now waits for its receiver or for a place, in milliseconds. */
  waitFor(lane: Lane): number {
    return this.#turns.has(lane.id) ? 0 : this.#waitOf(lane);
  }

  /** Looks at once, and does not wait for this lane's receiver although it gave no answer. */
  hurry(lane: Lane): void {
    this.#backoff.forgive(lane);
    this.wake(0);
  }

  /** Serves a lane at once, if there is a place. */
  begin(lane: Lane): void {
    this.#beginIfFree(lane);
  }

  /** Takes no more lanes, lets the deliveries under way end, or ends them, and gives the lanes back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelPoll();
    this.#wakes?.();
    this.#cancelRecall();
    const cancelGrace = this.#options.clock.after(GRACE_MS, () => this.#stopping.abort());
    await Promise.all(this.#running);
    cancelGrace();
    this.#renewals.close();
  }

  #awake(): void {
    this.#wakes = undefined;
    this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    if (this.#polling) {
      if (delayMs === 0) this.#again = true;
      return;
    }
    this.#cancelPoll();
    this.#cancelPoll = this.#options.clock.after(delayMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    this.#again = false;
    let isMore = false;
    try {
      for (let batches = 0; batches < BATCHES_MAX && !this.#closed && !this.#places.areAllTaken; batches++) {
        isMore = await this.#serveDue();
        if (!isMore) break;
      }
    } catch (error) {
      isMore = false;
      if (!this.#closed) this.#options.log.warn({ err: error }, "cannot read the outbox");
    }
    this.#polling = false;
    this.#schedule(this.#again || (isMore && !this.#places.areAllTaken) ? 0 : this.#options.limits.pollMs);
  }

  /** Begins to serve lanes whose time has come, as far as there are places. @returns whether there may be more of them */
  async #serveDue(): Promise<boolean> {
    const lanes = await this.#store.due(BATCH);
    const waits: { id: string; waitMs: number }[] = [];
    const reserved: Lane[] = [];
    let begun = 0;
    for (const lane of lanes) {
      // One that is served here and is due all the same was lost: its turn ends by itself.
      if (this.#turns.has(lane.id)) continue;
      if (this.#places.areAllTaken) break;
      if (this.#mayStandBy(lane)) {
        reserved.push(lane);
        continue;
      }
      const waitMs = this.#waitOf(lane);
      if (waitMs > 0) waits.push({ id: lane.id, waitMs });
      else if (this.#beginIfFree(lane)) begun++;
    }
    if (waits.length > 0) await this.#store.postpone(waits);
    if (reserved.length > 0) await this.#reserve(reserved);
    return lanes.length === BATCH && begun + waits.length + reserved.length > 0;
  }

  /** Whether nothing but a place is missing, and it can be kept until there is one. */
  #mayStandBy(lane: Lane): boolean {
    if (!this.#store.reserve || this.#backoff.pauseMs(lane) > 0 || !this.#places.usedUpFor(lane)) return false;
    return this.#standby.add(lane);
  }

  async #reserve(lanes: readonly Lane[]): Promise<void> {
    await this.#store.reserve?.(
      lanes.map(({ id }) => id),
      this.#marker,
      RESERVED_MS,
    );
    this.#goOn();
  }

  /** Serves those that stand by, as far as there are places. */
  #goOn(): void {
    const canBeServed = (lane: Lane) => !this.#places.usedUpFor(lane);
    while (!this.#closed && !this.#places.areAllTaken) {
      const lane = this.#standby.next(canBeServed);
      if (!lane) return;
      // One whose receiver has fallen silent meanwhile waits until it is looked at anew.
      if (this.#backoff.pauseMs(lane) === 0) this.#beginIfFree(lane);
    }
  }

  /** How long a lane has to wait for its receiver, or for a place among those that share it, in milliseconds. */
  #waitOf(lane: Lane): number {
    const pauseMs = this.#backoff.pauseMs(lane);
    // Not all of them at the moment when it is over.
    if (pauseMs > 0) return pauseMs * (1 + this.#options.random.fraction());
    const usedUp = this.#places.usedUpFor(lane);
    return usedUp ? this.#pace.waitFor(usedUp) : 0;
  }

  #beginIfFree(lane: Lane): boolean {
    if (this.#closed || this.#turns.has(lane.id) || this.#places.areAllTaken || this.#places.usedUpFor(lane))
      return false;
    const turn: Turn = { lane, lease: this.#options.random.uuid(), failures: 0, held: false };
    this.#places.take(lane);
    this.#turns.set(lane.id, turn);
    const running = this.#serve(turn)
      .catch((error) => this.#options.log.warn({ err: error }, "a message could not be handled"))
      .finally(() => {
        this.#turns.delete(lane.id);
        this.#places.give(lane);
        this.#running.delete(running);
        this.#goOn();
        if (this.#standby.size < STANDBY_MIN) this.#schedule(0);
      });
    this.#running.add(running);
    return true;
  }

  async #serve(turn: Turn): Promise<void> {
    const { lane, lease } = turn;
    const taken = await this.#store.take(lane.id, lease, this.#options.limits.leaseMs, this.#marker);
    if (!taken) return;
    turn.failures = taken.failures;
    turn.held = true;
    this.#renewals.begin();
    let { head } = taken;
    for (let served = 0; served < TURN_MAX && !this.#closed; served++) {
      const message = turn.held ? (head ?? (await this.#store.head(lane.id, lease))) : undefined;
      head = undefined;
      if (!message) break;
      if (!(await this.#attempt(turn, message))) return;
    }
    await this.#store.release(lane.id, lease);
  }

  /** @returns whether the lane goes on at once */
  async #attempt(turn: Turn, message: M): Promise<boolean> {
    const { lane, lease } = turn;
    const { clock, deliver, log, limits } = this.#options;
    const began = clock.monotonic();
    const delivery = await deliver(message, lane, this.#stopping.signal).catch((error): Delivery => {
      log.warn({ err: error }, "a message could not be sent");
      return { kind: "failed", isUnreachable: false, why: "it could not be sent" };
    });
    this.#pace.took(this.#places.keysOf(lane), clock.monotonic() - began);
    // Nobody's failure but ours: it is tried anew after the restart.
    if (delivery.kind === "failed" && this.#stopping.signal.aborted) {
      await this.#store.release(lane.id, lease);
      return false;
    }
    if (delivery.kind === "postponed") {
      await this.#store.release(lane.id, lease, delivery.waitMs);
      return false;
    }
    const waitMs = this.#backoff.after(lane, turn.failures, delivery);
    switch (delivery.kind) {
      case "delivered": {
        turn.failures = 0;
        const left = await this.#store.delivered(lane.id, lease, message, delivery.note);
        if (left !== "lost") this.#options.onRemoved?.(lane, message.bytes);
        return left === "held";
      }
      case "gone":
        await this.#store.gone(lane.id, lease, message, delivery.note);
        return false;
      case "failed": {
        const givenUp = message.attempts + 1 >= limits.attempts;
        if (givenUp) log.warn({ ...named(lane), why: delivery.why }, "a message is given up after its last attempt");
        const expired = limits.ageMs === undefined ? 0n : await this.#store.expire(lane.id, lease, limits.ageMs);
        if (expired > 0n)
          log.warn({ ...named(lane), messages: Number(expired) }, "messages are given up for their age");
        await this.#store.failed(lane.id, lease, message, { waitMs, givenUp, note: delivery.note });
        if (givenUp) this.#options.onRemoved?.(lane, message.bytes);
        return false;
      }
    }
  }

  async #recall(): Promise<void> {
    const { clock, limits, log } = this.#options;
    const longestMs = Math.max(...limits.retryMs, limits.askedMs ?? ASKED_MS) * 1.1 + CLOCK_SLACK_MS;
    await this.#store
      .recall(longestMs, RECALLED_AT_ONCE)
      .catch((error) => log.warn({ err: error }, "cannot recall lanes of the outbox"));
    if (!this.#closed) this.#cancelRecall = clock.after(RECALL_EVERY_MS, () => void this.#recall());
  }
}

const named = ({ owner, source, receiver }: Lane) => ({ owner, source, receiver });
