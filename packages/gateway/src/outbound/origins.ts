import { FairShares } from "../runtime/index.ts";
import { Origin, type OriginStats, type Shared } from "./origin.ts";
import { OutboundError } from "./outbound-error.ts";

/** An origin without calls for so long gives up its connections. */
const idleMs = 60_000;

/** The origins that have connections, as many as the limits allow. */
export class Origins {
  readonly #shared: Shared;
  readonly #shares: FairShares;
  readonly #byName = new Map<string, Origin>();
  #cancelRetirement: (() => void) | null = null;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#shares = new FairShares(shared.limits.origins);
  }

  /**
   * @param owner whose share an origin takes that has to be opened
   * @throws OutboundError `busy` when there are too many, all with calls under way
   */
  get(name: string, owner: string): Origin {
    return this.#byName.get(name) ?? this.#open(name, owner);
  }

  /** Closes the connections of the origin that holds most of them without a call, so that others can be made. */
  freeSockets(): boolean {
    let most: [string, Origin] | null = null;
    let open = 0;
    for (const entry of this.#byName) {
      const stats = entry[1].stats();
      if (stats.open > open && entry[1].idle) {
        most = entry;
        open = stats.open;
      }
    }
    if (most) void this.#retire(...most);
    return most !== null;
  }

  /** From now on calls to this origin take new connections; settles when those that have begun are over. */
  async renew(name: string): Promise<void> {
    const origin = this.#byName.get(name);
    if (origin) await this.#retire(name, origin);
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
    const cancel = this.#shared.clock.after(graceMs, cutOff);
    await Promise.all(ended);
    cancel();
  }

  #open(name: string, owner: string): Origin {
    const { origins: max } = this.#shared.limits;
    const unprovenMax = max - Math.floor(max / 4);
    if (this.#byName.size >= unprovenMax && this.#unproven() >= unprovenMax) throw tooManyHosts();
    while (!this.#shares.take(owner)) if (!this.#makeRoomFor(owner)) throw tooManyHosts();
    const origin = new Origin(name, owner, this.#shared);
    this.#byName.set(name, origin);
    if (!this.#cancelRetirement) this.#scheduleRetirement();
    return origin;
  }

  #unproven(): number {
    let count = 0;
    for (const origin of this.#byName.values()) if (!origin.isProven) count += 1;
    return count;
  }

  /** Gives up the idle origin unused longest: of the owner's own or, where it has none, of those who have no fewer. */
  #makeRoomFor(owner: string): boolean {
    const own = this.#shares.usedBy(owner);
    const least =
      this.#leastUsed((origin) => origin.owner === owner) ??
      this.#leastUsed((origin) => this.#shares.usedBy(origin.owner) >= own);
    if (least) void this.#retire(...least);
    return least !== null;
  }

  #leastUsed(isMeant: (origin: Origin) => boolean): [string, Origin] | null {
    let least: [string, Origin] | null = null;
    for (const entry of this.#byName) {
      const [, origin] = entry;
      const isOlder = origin.lastUsedMs < (least?.[1].lastUsedMs ?? Number.POSITIVE_INFINITY);
      if (isOlder && origin.idle && isMeant(origin)) least = entry;
    }
    return least;
  }

  #scheduleRetirement(): void {
    this.#cancelRetirement = this.#shared.clock.after(idleMs / 2, () => {
      this.#cancelRetirement = null;
      const usedBefore = this.#shared.clock.monotonic() - idleMs;
      for (const [name, origin] of this.#byName) {
        if (origin.idle && origin.lastUsedMs <= usedBefore) void this.#retire(name, origin);
      }
      if (this.#byName.size > 0) this.#scheduleRetirement();
    });
  }

  #retire(name: string, origin: Origin): Promise<void> {
    this.#byName.delete(name);
    this.#shares.give(origin.owner);
    return origin.close();
  }
}

const tooManyHosts = () => new OutboundError("busy", "calls to too many hosts are under way");
