import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

export interface BoundedLogOptions {
  log: Pick<Log, "info">;
  clock: Clock;
  /** Lines of one kind in a second. */
  perSecond?: number;
  /** Kinds that are counted apart; what comes beyond them is counted together. */
  kindsMax?: number;
}

interface Second {
  /** On the monotonic clock. */
  since: number;
  told: number;
  leftOut: number;
}

const SECOND_MS = 1_000;
const OTHERS = "others";

/**
 * Lines of which strangers decide how many there are: so many a second of each kind, then, when the second is over, one that says how
 * many more there were.
 */
export class BoundedLog {
  readonly #log: Pick<Log, "info">;
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #kindsMax: number;
  readonly #seconds = new Map<string, Second>();

  constructor({ log, clock, perSecond = 10, kindsMax = 100 }: BoundedLogOptions) {
    this.#log = log;
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#kindsMax = kindsMax;
  }

  /** Writes the line, or counts it. @returns whether it was written */
  info(kind: string, fields: object, message: string): boolean {
    const [name, second] = this.#secondOf(kind);
    if (second.told < this.#perSecond) {
      second.told++;
      this.#log.info(fields, message);
      return true;
    }
    if (second.leftOut++ === 0) {
      const leftMs = second.since + SECOND_MS - this.#clock.monotonic();
      this.#clock.after(Math.max(0, leftMs), () => this.#end(name, second));
    }
    return false;
  }

  /** Says what was left out so far. */
  close(): void {
    for (const [name, second] of this.#seconds) this.#end(name, second);
  }

  #secondOf(kind: string): [name: string, second: Second] {
    const now = this.#clock.monotonic();
    const name = this.#seconds.has(kind) || this.#hasRoom(now) ? kind : OTHERS;
    const current = this.#seconds.get(name);
    // One that has left something out ends when it says so.
    if (current && (current.leftOut > 0 || now - current.since < SECOND_MS)) return [name, current];
    const begun = { since: now, told: 0, leftOut: 0 };
    this.#seconds.set(name, begun);
    return [name, begun];
  }

  #hasRoom(now: number): boolean {
    if (this.#seconds.size < this.#kindsMax) return true;
    for (const [name, { since, leftOut }] of this.#seconds) {
      if (leftOut === 0 && now - since >= SECOND_MS) this.#seconds.delete(name);
    }
    return this.#seconds.size < this.#kindsMax;
  }

  #end(name: string, second: Second): void {
    if (this.#seconds.get(name) === second) this.#seconds.delete(name);
    const { leftOut } = second;
    second.leftOut = 0;
    if (leftOut > 0) this.#log.info({ kind: name, leftOut }, "as many lines like this were left out");
  }
}
