import { CachedLookup, type Clock } from "../runtime/index.ts";

/** A rough number older than this is counted anew. */
const ROUGH_MS = 60_000;

/** How many agents there are. */
export class AgentCount {
  readonly #clock: Clock;
  /** Kept until any agent changes. */
  readonly #exact: CachedLookup<{ count: number }>;
  #last: { count: number; at: number } | undefined;

  constructor(count: () => Promise<number>, clock: Clock) {
    this.#clock = clock;
    this.#exact = new CachedLookup(async () => this.#note(await count()), 1);
  }

  /** Forgets the exact number: agents have changed. */
  clear(): void {
    this.#exact.clear();
  }

  async exactly(): Promise<number> {
    return (await this.#exact.get(""))!.count;
  }

  /** Good enough to choose between ways of looking. Only the first to ask waits: an old number is counted anew beside its use. */
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

  #note(count: number): { count: number } {
    this.#last = { count, at: this.#clock.monotonic() };
    return { count };
  }
}
