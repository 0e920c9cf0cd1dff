import { createLruCache, type LRUCache } from "./lru-cache.ts";

/**
 * Answers from memory where it can. A cached answer, also that there is none, comes back without a promise;
 * concurrent misses of one key share one load; an answer asked for before `clear` or `delete` is used once and not kept.
 */
export class CachedLookup<V extends object> {
  readonly #load: (key: string) => Promise<V | undefined>;
  readonly #cached: LRUCache<string, { value: V | undefined }>;
  readonly #loading = new Map<string, Promise<V | undefined>>();

  constructor(load: (key: string) => Promise<V | undefined>, entriesMax = 10_000) {
    this.#load = load;
    this.#cached = createLruCache(entriesMax);
  }

  get(key: string): V | undefined | Promise<V | undefined> {
    const cached = this.#cached.get(key);
    return cached ? cached.value : (this.#loading.get(key) ?? this.#fetch(key));
  }

  clear(): void {
    this.#cached.clear();
    this.#loading.clear();
  }

  /** Forgets one answer. */
  delete(key: string): void {
    this.#cached.delete(key);
    this.#loading.delete(key);
  }

  /** Forgets the answers to these keys; without them, all. */
  forget(keys: readonly string[] | undefined): void {
    if (keys) for (const key of keys) this.delete(key);
    else this.clear();
  }

  #fetch(key: string): Promise<V | undefined> {
    const loading: Promise<V | undefined> = this.#load(key).then(
      (value) => {
        if (this.#loading.get(key) === loading) {
          this.#loading.delete(key);
          this.#cached.set(key, { value });
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
}
