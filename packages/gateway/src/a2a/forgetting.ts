import type { Hold, Leases } from "../leases/index.ts";
import type { Clock, Log } from "../runtime/index.ts";
import type { PushConfigs } from "./push/push-configs.ts";
import type { TaskStore } from "./task-store.ts";

export interface ForgettingOptions {
  leases: Leases;
  store: Pick<TaskStore, "forget">;
  configs: Pick<PushConfigs, "prune">;
  clock: Clock;
  log: Log;
  pace?: Partial<Pace> | undefined;
}

interface Pace {
  /** Between two walks, in milliseconds. */
  everyMs: number;
  /** Between two pages. */
  restMs: number;
}

const LEASE = "a2a-forgetting";
const PACE: Pace = { everyMs: 3_600_000, restMs: 20 };
const DAY_MS = 24 * 3_600_000;
/** How long a task is kept that nobody touches. */
const KEPT_MS = 30 * DAY_MS;
/** How far one walk may go beyond the one before. */
const STEP_MS = DAY_MS;

/**
 * Forgets tasks, contexts and push configs when their time is over, on one node at a time, page by page. How far it has come is kept with
 * the lease, and moves a day with each hourly walk at most, either way: while a clock is wrong by years, nobody loses the tasks in use, nor
 * does anybody once it is right again.
 */
export class Forgetting {
  readonly #options: ForgettingOptions;
  readonly #pace: Pace;
  #hold: Hold | undefined;
  #walking: Promise<void> = Promise.resolve();
  /** What was touched last before this is forgotten: milliseconds since the epoch, undefined until a first walk has seen what there is. */
  #horizonMs: number | undefined;
  /** Of the walks that this node does now: ends when another may do them. */
  #shift = new AbortController();

  constructor(options: ForgettingOptions) {
    this.#options = options;
    this.#pace = { ...PACE, ...options.pace };
  }

  start(): void {
    this.#hold ??= this.#options.leases.hold(LEASE, {
      taken: (state) => {
        this.#horizonMs = state === "" ? undefined : Number(state);
        const shift = new AbortController();
        this.#shift = shift;
        this.#walking = this.#walking.then(() => this.#work(shift.signal));
      },
      lost: () => this.#shift.abort(),
      state: () => (this.#horizonMs === undefined ? "" : `${this.#horizonMs}`),
    });
  }

  async close(): Promise<void> {
    this.#shift.abort();
    await this.#hold?.release();
    await this.#walking;
  }

  async #work(over: AbortSignal): Promise<void> {
    for (;;) {
      await this.#pause(this.#pace.everyMs, over);
      if (over.aborted) return;
      await this.#walk(over).catch((error) =>
        this.#options.log.warn({ err: error }, "old A2A tasks could not be forgotten"),
      );
    }
  }

  async #walk(over: AbortSignal): Promise<void> {
    const { store, configs, clock } = this.#options;
    const latestMs = clock.now() - KEPT_MS;
    const from = this.#horizonMs;
    const horizonMs = from === undefined ? undefined : Math.max(from - STEP_MS, Math.min(latestMs, from + STEP_MS));
    // A horizon that a clock ahead has left in the future is nobody's: what is not old by the clock of now stays.
    const beforeMs = Math.min(latestMs, horizonMs ?? 0);
    let oldestMs = latestMs;
    for await (const touched of store.forget(BigInt(beforeMs) * 1000n)) {
      oldestMs = Math.min(oldestMs, Number(touched / 1000n));
      await this.#pause(this.#pace.restMs, over);
      if (over.aborted) return;
    }
    this.#horizonMs = horizonMs ?? oldestMs;
    await configs.prune(Math.min(latestMs, this.#horizonMs) + KEPT_MS);
  }

  #pause(delayMs: number, over: AbortSignal): Promise<void> {
    if (over.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        over.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#options.clock.after(delayMs, end);
      over.addEventListener("abort", end);
    });
  }
}
