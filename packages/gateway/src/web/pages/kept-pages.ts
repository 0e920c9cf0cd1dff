import { type Clock, createLruCache } from "../../runtime/index.ts";
import { PUBLIC_SECONDS, WrittenPage } from "./send-page.ts";

/** All of a node's together, texts and what they are when compressed. */
const KEPT_BYTES = 4 * 1024 * 1024;
const STALE_MS = 250;

interface Kept {
  page: WrittenPage;
  at: number;
}

/**
 * Pages that are the same for everybody, each kept as long as a browser keeps it; when what they tell of has changed since, for a moment: so
 * that however often it changes and whoever asks how often, a page is written four times a second at most.
 */
export class KeptPages {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #kept = createLruCache<string, Kept>(KEPT_BYTES, ({ page }) => page.bytesMax);
  readonly #writing = new Map<string, Promise<WrittenPage>>();
  #changedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** What pages tell of is no longer what it was. */
  changed(): void {
    this.#changedAt = this.#clock.monotonic();
  }

  /** The page by this name, which says all that it depends on; who asks while it is written waits for the same. */
  get(name: string, write: () => Promise<string>): WrittenPage | Promise<WrittenPage> {
    const known = this.find(name);
    if (known) return known;
    let writing = this.#writing.get(name);
    if (!writing) {
      writing = this.#write(name, write).finally(() => this.#writing.delete(name));
      this.#writing.set(name, writing);
    }
    return writing;
  }

  /** The page by this name, when it is kept. */
  find(name: string): WrittenPage | undefined {
    const kept = this.#kept.get(name);
    return kept && this.#isFresh(kept.at) ? kept.page : undefined;
  }

  #isFresh(at: number): boolean {
    const age = this.#clock.monotonic() - at;
    return age < (at <= this.#changedAt ? STALE_MS : PUBLIC_SECONDS * 1_000);
  }

  async #write(name: string, write: () => Promise<string>): Promise<WrittenPage> {
    const at = this.#clock.monotonic();
    const page = new WrittenPage(await write());
    this.#kept.set(name, { page, at });
    return page;
  }
}
