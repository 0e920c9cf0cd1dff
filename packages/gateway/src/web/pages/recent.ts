import { type Clock, createLruCache } from "../../runtime/index.ts";
import { PUBLIC_SECONDS } from "./send-page.ts";

const ENTRIES_MAX = 200;

/**
 * What many pages ask for alike, kept as long as a page itself may be: what costs more to find out than to show. Of what fails nothing is
 * kept.
 */
export class Recent<V> {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #kept = createLruCache<string, { value: Promise<V>; until: number }>(ENTRIES_MAX);

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  get(key: string, find: () => Promise<V>): Promise<V> {
    const now = this.#clock.monotonic();
    const known = this.#kept.get(key);
    if (known && known.until > now) return known.value;
    const found = { value: find(), until: now + PUBLIC_SECONDS * 1_000 };
    this.#kept.set(key, found);
    found.value.catch(() => {
      if (this.#kept.get(key) === found) this.#kept.delete(key);
    });
    return found.value;
  }
}
