import type { Hold, Leases } from "./leases.ts";

export interface ShiftsOptions {
  leases: Pick<Leases, "hold">;
  /** The same on all nodes. */
  lease: string;
  /** Goes on until it is over; never rejects. */
  work(over: AbortSignal): Promise<void>;
}

/** Work without an end that one node at a time does: begun whenever the lease is this node's, after what it began before has ended. */
export class Shifts {
  readonly #options: ShiftsOptions;
  #hold: Hold | undefined;
  #shift = new AbortController();
  #working: Promise<void> = Promise.resolve();

  constructor(options: ShiftsOptions) {
    this.#options = options;
  }

  /** Whether it is this node that does it, at this moment. */
  get isHeld(): boolean {
    return this.#hold?.isHeld === true;
  }

  start(): void {
    const { leases, lease, work } = this.#options;
    this.#hold ??= leases.hold(lease, {
      taken: () => {
        const shift = new AbortController();
        this.#shift = shift;
        this.#working = this.#working.then(() => work(shift.signal));
      },
      lost: () => this.#shift.abort(),
    });
  }

  /** Leaves it to others, when what is begun has ended. */
  async close(): Promise<void> {
    this.#shift.abort();
    await this.#hold?.release();
    await this.#working;
  }
}
