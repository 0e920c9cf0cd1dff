import type { Clock } from "../runtime/index.ts";

/** A rough number older than this is read anew. */
const ROUGH_MS = 60_000;

/** How many agents there are, as the database keeps it. */
export class AgentCount {
  readonly #read: () => Promise<number>;
  readonly #clock: Clock;
  #last: { count: number; at: number } | undefined;

  constructor(read: () => Promise<number>, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  async exactly(): Promise<number> {
    const count = await this.#read();
    this.#last = { count, at: this.#clock.monotonic() };
    return count;
  }

  /** Good enough to choose between ways of looking. Only the first to ask waits: an old number is read anew beside its use. */
  async roughly(): Promise<number> {
    const last = this.#last;
    if (!last) return this.exactly();
    const now = this.#clock.monotonic();
    if (now - last.at > ROUGH_MS) {
      this.#last = { count: last.count, at: now };
      this.exactly().catch(() => {});
    }
    return last.count;
  }
}
