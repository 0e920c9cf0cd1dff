import { createLruCache, type LRUCache } from "./lru-cache.ts";
import { ShareCache } from "./share-cache.ts";

/** For answers of very different sizes: how many bytes of them are kept, what one takes, more or less, and whose share that is. */
export interface SharedBytes<V> {
  bytesMax: number;
  /** What an owner may have of that when others need it. */
  perOwner: number;
  bytesOf(value: V): number;
  ownerOf(value: V): string;
}

export interface CachedLookupOptions<V> {
  /** Answers kept, and as many again at most that there is none. */
  entriesMax?: number;
  /** Bounds them by their bytes instead. */
  shares?: SharedBytes<V>;
  /** Loads under way at once; others wait for their turn. */
  loadsMax?: number;
}

const ENTRIES_MAX = 10_000;
const LOADS_MAX = 64;

/**
 * Answers from memory where it can. A cached answer, also that there is none, comes back without a promise;
 * concurrent misses of one key share one load; an answer asked for before `clear` or `delete` is used once and not kept.
 * That there is none is kept apart: random keys push no good answer out.
 */
export class CachedLookup<V extends object> {
  readonly #load: (key: string) => Promise<V | undefined>;
  readonly #cached: Answers<V>;
  readonly #missing: LRUCache<string, true>;
  readonly #loading = new Map<string, Promise<V | undefined>>();
  readonly #loadsMax: number;
  #loads = 0;
  /** Turns of loads that wait, oldest first: never more than there are requests under way. */
  readonly #waiting: (() => void)[] = [];

  constructor(
    load: (key: string) => Promise<V | undefined>,
    { entriesMax = ENTRIES_MAX, loadsMax = LOADS_MAX, shares }: CachedLookupOptions<V> = {},
  ) {
    this.#load = load;
    this.#cached = shares ? sharedCache(shares) : createLruCache<string, V>(entriesMax);
    this.#missing = createLruCache(entriesMax);
    this.#loadsMax = loadsMax;
  }

  get(key: string): V | undefined | Promise<V | undefined> {
    const cached = this.#cached.get(key);
    if (cached !== undefined) return cached;
    if (this.#missing.get(key)) return undefined;
    return this.#loading.get(key) ?? this.#fetch(key);
  }

  /** Whether the answer is in memory. */
  has(key: string): boolean {
    return this.#cached.has(key) || this.#missing.has(key);
  }

  clear(): void {
    this.#cached.clear();
    this.#missing.clear();
    this.#loading.clear();
  }

  /** Forgets one answer. */
  delete(key: string): void {
    this.#cached.delete(key);
    this.#missing.delete(key);
    this.#loading.delete(key);
  }

  /** Forgets the answers to these keys; without them, all. */
  forget(keys: readonly string[] | undefined): void {
    if (keys) for (const key of keys) this.delete(key);
    else this.clear();
  }

  #fetch(key: string): Promise<V | undefined> {
    const loading: Promise<V | undefined> = this.#inTurn(key).then(
      (value) => {
        if (this.#loading.get(key) === loading) {
          this.#loading.delete(key);
          if (value === undefined) this.#missing.set(key, true);
          else this.#cached.set(key, value);
        }
        return value;
      },
      (error) => {
        if (this.#loading.get(key) === loading) this.#loading.delete(key);
        throw error;
      },
    );
    this.#loading.set(key, loading);
    return loading;
  }

  async #inTurn(key: string): Promise<V | undefined> {
    // A turn that is handed on stays counted.
    if (this.#loads >= this.#loadsMax) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#loads++;
    try {
      return await this.#load(key);
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#loads--;
    }
  }
}

type Answers<V> = Pick<Map<string, V>, "get" | "has" | "clear"> & {
  set(key: string, value: V): void;
  delete(key: string): void;
};

function sharedCache<V>({ bytesMax, perOwner, bytesOf, ownerOf }: SharedBytes<V>): Answers<V> {
  const cache = new ShareCache<V>({ bytesMax, perOwner });
  return {
    get: (key) => cache.get(key),
    has: (key) => cache.has(key),
    set: (key, value) => cache.set(key, value, ownerOf(value), bytesOf(value)),
    delete: (key) => cache.delete(key),
    clear: () => cache.clear(),
  };
}
