import type { Clock, Log, Random } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { Dispatcher, type DispatcherOptions, type DispatchLimits } from "./dispatcher.ts";
import type { Lane } from "./lane.ts";
import { OutboxStore } from "./outbox-store.ts";
import { Stock, type StockLimits } from "./stock.ts";

export interface OutboxLimits extends DispatchLimits {
  stock: StockLimits;
  ageMs: number;
}

export interface OutboxOptions {
  /** The kind of messages: the name of the room. */
  topic: string;
  storage: Storage;
  clock: Clock;
  random: Random;
  log: Log;
  limits: OutboxLimits;
  deliver: DispatcherOptions["deliver"];
}

const COUNT_EVERY_MS = 60_000;

/** Messages on their way out, of a room that hands them over one by one: kept until delivered, those of one lane in order. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #store: OutboxStore;
  readonly #stock: Stock;
  readonly #dispatcher: Dispatcher;
  #cancelCount = () => {};
  #closed = false;

  constructor(options: OutboxOptions) {
    const { storage, clock, topic, limits } = options;
    this.#options = options;
    this.#store = new OutboxStore(storage, clock, topic);
    this.#stock = new Stock(this.#store, limits.stock, clock);
    const onRemoved = (lane: Lane, bytes: number) => this.#stock.removed(lane, bytes);
    this.#dispatcher = new Dispatcher({ ...options, store: this.#store, onRemoved });
  }

  start(): void {
    this.#dispatcher.start();
    void this.#count();
  }

  /** How many deliveries are under way on this node. */
  get underWay(): number {
    return this.#dispatcher.underWay;
  }

  /**
   * Takes a message, to be delivered as soon as its turn comes.
   *
   * @returns false when the lane, its owner, its source or all have as much waiting as they may
   */
  async add(lane: Lane, message: { id: string; body: string }): Promise<boolean> {
    const bytes = Buffer.byteLength(message.body);
    if (!(await this.#stock.hasRoom(lane, bytes))) return false;
    const waitMs = this.#dispatcher.waitFor(lane);
    const stored = { ...message, bytes, attempts: 0 };
    if (!(await this.#store.add(lane, stored, waitMs, this.#options.limits.stock.lane))) return false;
    this.#stock.added(lane, bytes);
    if (waitMs === 0) this.#dispatcher.begin(lane);
    return true;
  }

  /** Forgets lanes, with all that waits in them. What is being delivered at this moment may still arrive. */
  async drop(laneIds: readonly string[]): Promise<void> {
    await this.#store.drop(laneIds);
  }

  /** Takes no more lanes, lets the deliveries under way end, or ends them, and gives the lanes back. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelCount();
    await this.#dispatcher.close();
  }

  async #count(): Promise<void> {
    const { clock, log } = this.#options;
    await this.#stock.count(log);
    if (!this.#closed) this.#cancelCount = clock.after(COUNT_EVERY_MS, () => void this.#count());
  }
}
