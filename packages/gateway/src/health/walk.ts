import type { Clock, Log } from "../runtime/index.ts";
import type { CheckTarget } from "./agent-health.ts";

export interface WalkOptions {
  /** Agents with ids behind `after` up to `upTo`, in their order. */
  targets(after: string, upTo: string | undefined, limit: number): Promise<CheckTarget[]>;
  /** Begins to look at an agent. `full` when it, or nobody, can be looked at now, `over` when its owner has too many already. */
  begin(target: CheckTarget): "begun" | "full" | "over";
  clock: Clock;
  log: Log;
  /** In how many milliseconds it gets round. */
  roundMs: number;
}

const PAGE = 100;
/** So many agents a step is meant to meet: with few agents steps are rare, with many they are small. */
const STEP = 32;
const STEP_MS = { min: 20, max: 500 };
/** How soon it tries again where there was no place. */
const FULL_MS = 100;
const RETRY_MS = 500;
/** Agents that wait for a place. With any more the walk waits; but an agent whose own owner has all its places is left to the next round. */
const WAITING_MAX = 5_000;
/** Behind its time by such a part of a round, it says so. */
const LATE = 0.25;

/**
 * Walks round all agents, evenly over each round: every agent has its own moment in it, by its random id. It holds a page at a time, and
 * where it is can be told in a few characters, so that another node goes on from there.
 */
export class Walk {
  readonly #options: WalkOptions;
  /** The id behind which it goes on. */
  #cursor: string;
  /** Monotonic time at which this round began, or would have. */
  #roundAt: number;
  /** In the order in which they came, with the monotonic time before which none is tried. */
  readonly #waiting = new Map<string, { target: CheckTarget; notBefore: number }>();
  #stepMs = STEP_MS.max;
  #saidLate = false;
  #cancel: (() => void) | undefined;
  #stopped = false;

  /** @param from where another walk was, as its `position` said */
  constructor(options: WalkOptions, from = "") {
    this.#options = options;
    this.#cursor = /^[0-9a-f]{8}[0-9a-f-]{0,40}$/.test(from) ? from : "";
    this.#roundAt = options.clock.monotonic() - partOf(this.#cursor) * options.roundMs;
    this.#schedule(0);
  }

  get position(): string {
    return this.#cursor;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#waiting.clear();
  }

  /** Looks at this agent once more, a little later. */
  again(target: CheckTarget): void {
    this.#wait(target, this.#options.clock.monotonic() + RETRY_MS);
  }

  #wait(target: CheckTarget, notBefore: number): void {
    if (this.#stopped || this.#waiting.size >= WAITING_MAX) return;
    this.#waiting.set(target.id, { target, notBefore });
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(delayMs, () => {
      this.#step().then(
        (delayMs) => this.#schedule(delayMs),
        (error) => {
          this.#options.log.warn({ err: error }, "agents to check cannot be read");
          this.#schedule(STEP_MS.max);
        },
      );
    });
  }

  /** @returns milliseconds until the next step */
  async #step(): Promise<number> {
    const delayMs = await this.#goOn();
    return this.#waiting.size > 0 && delayMs !== FULL_MS ? Math.min(delayMs, STEP_MS.min) : delayMs;
  }

  async #goOn(): Promise<number> {
    const { clock, roundMs, targets } = this.#options;
    this.#retryWaiting();
    const passed = (clock.monotonic() - this.#roundAt) / roundMs;
    this.#sayLate(passed);
    const upTo = passed >= 1 ? undefined : keyOf(passed);
    if (upTo !== undefined && upTo <= this.#cursor) return this.#stepMs;
    const page = await targets(this.#cursor, upTo, PAGE);
    if (this.#stopped) return 0;
    for (const target of page) {
      const begun = this.#options.begin(target);
      // Whoever has too many itself may be passed over; where the gateway cannot do more, nobody is.
      if (begun === "full" && this.#waiting.size >= WAITING_MAX) return FULL_MS;
      if (begun !== "begun") this.#wait(target, 0);
      this.#cursor = target.id;
    }
    if (page.length === PAGE) return 0;
    if (upTo === undefined) this.#goRound();
    else this.#cursor = upTo;
    const { min, max } = STEP_MS;
    const wanted = page.length === 0 ? this.#stepMs * 2 : (this.#stepMs * STEP) / page.length;
    this.#stepMs = Math.min(Math.max(wanted, min), max, roundMs / 20);
    return this.#stepMs;
  }

  #retryWaiting(): void {
    const now = this.#options.clock.monotonic();
    for (const [id, { target, notBefore }] of this.#waiting) {
      if (notBefore <= now && this.#options.begin(target) === "begun") this.#waiting.delete(id);
    }
  }

  /** A round begins when the last one should have ended, unless it is far behind: then it does not hurry to get all that time back. */
  #goRound(): void {
    const { clock, roundMs } = this.#options;
    this.#cursor = "";
    this.#roundAt = Math.max(this.#roundAt + roundMs, clock.monotonic() - LATE * roundMs);
    this.#saidLate = false;
  }

  #sayLate(passed: number): void {
    if (passed - partOf(this.#cursor) < LATE || this.#saidLate) return;
    this.#saidLate = true;
    const lateMs = Math.round((passed - partOf(this.#cursor)) * this.#options.roundMs);
    this.#options.log.warn({ lateMs, waiting: this.#waiting.size }, "health checks are behind their time");
  }
}

const KEYS = 2 ** 32;

/** The first eight digits of the ids up to which so much of all lies. */
const keyOf = (part: number): string =>
  Math.min(KEYS - 1, Math.floor(part * KEYS))
    .toString(16)
    .padStart(8, "0");

const partOf = (id: string): number => (id === "" ? 0 : Number.parseInt(id.slice(0, 8), 16) / KEYS);
