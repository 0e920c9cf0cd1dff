import type { Clock, Log } from "../runtime/index.ts";
import type { Lane } from "./lane.ts";
import type { LaneStore } from "./lane-store.ts";

/** Of a lane that is being served. */
export interface Turn {
  readonly lane: Lane;
  /** What this node took it with. */
  readonly lease: string;
  /** Attempts in a row that failed. */
  failures: number;
  /** Whether it is still held, as far as is known. */
  held: boolean;
}

export interface RenewalsOptions {
  turns: ReadonlyMap<string, Turn>;
  store: Pick<LaneStore, "renew">;
  leaseMs: number;
  clock: Clock;
  log: Log;
}

/** As long as lanes are held, their leases are. */
export class Renewals {
  readonly #options: RenewalsOptions;
  #cancel: (() => void) | undefined;

  constructor(options: RenewalsOptions) {
    this.#options = options;
  }

  /** A lane was taken. */
  begin(): void {
    const { clock, leaseMs } = this.#options;
    this.#cancel ??= clock.after(leaseMs / 3, () => void this.#renew());
  }

  close(): void {
    this.#cancel?.();
  }

  async #renew(): Promise<void> {
    const { leaseMs, log, store, turns } = this.#options;
    const held = [...turns.values()].filter((turn) => turn.held);
    if (held.length > 0) {
      try {
        const renewed = await store.renew(new Map(held.map(({ lane, lease }) => [lane.id, lease])), leaseMs);
        for (const turn of held) turn.held = renewed.has(turn.lane.id);
      } catch (error) {
        log.warn({ err: error }, "cannot renew the leases of the outbox");
      }
    }
    this.#cancel = undefined;
    if ([...turns.values()].some((turn) => turn.held)) this.begin();
  }
}
