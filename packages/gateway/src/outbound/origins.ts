import type { Clock } from "../runtime/index.ts";
import type { ConnectorOptions } from "./connector.ts";
import type { Total } from "./lane.ts";
import type { DialerLimits } from "./limits.ts";
import { Origin, type OriginStats } from "./origin.ts";
import { OutboundError } from "./outbound-error.ts";

/** An origin without calls for so long gives up its connections. */
const idleMs = 60_000;

/** The origins that have connections, as many as the limits allow. */
export class Origins {
  readonly #clock: Clock;
  readonly #limits: DialerLimits;
  readonly #connecting: ConnectorOptions;
  readonly #total: Total;
  readonly #byName = new Map<string, Origin>();
  #cancelRetirement: (() => void) | null = null;

  constructor(clock: Clock, limits: DialerLimits, connecting: ConnectorOptions) {
    this.#clock = clock;
    this.#limits = limits;
    this.#connecting = connecting;
    this.#total = { calls: 0, callsMax: limits.calls };
  }

  /** @throws OutboundError `busy` when there are too many, all with calls under way */
  get(name: string): Origin {
    return this.#byName.get(name) ?? this.#open(name);
  }

  stats(): Record<string, OriginStats> {
    return Object.fromEntries([...this.#byName].map(([name, origin]) => [name, origin.stats()]));
  }

  /** Gives calls under way `graceMs` to end, then cuts them off. The caller sees to it that no new ones come. */
  async close(graceMs: number): Promise<void> {
    this.#cancelRetirement?.();
    const all = [...this.#byName.values()];
    const ended = all.map((origin) => origin.close());
    const cutOff = () => {
      for (const origin of all) void origin.destroy();
    };
    if (graceMs <= 0) cutOff();
    const cancel = this.#clock.after(graceMs, cutOff);
    await Promise.all(ended);
    cancel();
  }

  #open(name: string): Origin {
    if (this.#byName.size >= this.#limits.origins && !this.#retireLeastUsed()) {
      throw new OutboundError("busy", "calls to too many hosts are under way");
    }
    const origin = new Origin(name, this.#connecting, this.#limits, this.#total, this.#clock);
    this.#byName.set(name, origin);
    if (!this.#cancelRetirement) this.#scheduleRetirement();
    return origin;
  }

  #retireLeastUsed(): boolean {
    let least: [string, Origin] | null = null;
    for (const entry of this.#byName) {
      if (entry[1].idle && entry[1].lastUsedMs < (least?.[1].lastUsedMs ?? Number.POSITIVE_INFINITY)) least = entry;
    }
    if (least) this.#retire(...least);
    return least !== null;
  }

  #scheduleRetirement(): void {
    this.#cancelRetirement = this.#clock.after(idleMs / 2, () => {
      this.#cancelRetirement = null;
      const usedBefore = this.#clock.monotonic() - idleMs;
      for (const [name, origin] of this.#byName) {
        if (origin.idle && origin.lastUsedMs <= usedBefore) this.#retire(name, origin);
      }
      if (this.#byName.size > 0) this.#scheduleRetirement();
    });
  }

  #retire(name: string, origin: Origin): void {
    this.#byName.delete(name);
    void origin.close();
  }
}
