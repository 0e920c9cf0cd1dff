import { strict as assert } from "node:assert";

export interface ShareCacheOptions {
  /** What all entries together may take, in bytes as far as their makers count them. */
  bytesMax: number;
  /** What an owner may have of that when it is needed by others. */
  perOwner: number;
}

interface Entry<V> {
  value: V;
  owner: string;
  bytes: number;
  /** Asked for since it was last passed over when room was made. */
  isUsed: boolean;
}

/**
 * A cache bounded in bytes from which nobody pushes out what others have: when it is full, an owner that has more than its share makes
 * room from its own entries, and others from all. Those that were there first go first; what was asked for meanwhile is passed over once
 * (second chance), so that asking moves nothing.
 */
export class ShareCache<V> {
  readonly #bytesMax: number;
  readonly #perOwner: number;
  /** Those there, or passed over, longest ago first. */
  readonly #entries = new Map<string, Entry<V>>();
  readonly #owners = new Map<string, { bytes: number; keys: Set<string> }>();
  #bytes = 0;

  constructor({ bytesMax, perOwner }: ShareCacheOptions) {
    assert(perOwner <= bytesMax, `shares of ${perOwner} in ${bytesMax}`);
    this.#bytesMax = bytesMax;
    this.#perOwner = perOwner;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What is taken, by all. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.isUsed = true;
    return entry.value;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Keeps a value in the place of what the key had. One that is larger than a share is not kept. */
  set(key: string, value: V, owner: string, bytes: number): void {
    this.delete(key);
    if (bytes > this.#perOwner) return;
    while (this.#bytes + bytes > this.#bytesMax) this.#makeRoom(owner, bytes);
    this.#entries.set(key, { value, owner, bytes, isUsed: false });
    this.#bytes += bytes;
    const own = this.#owners.get(owner);
    if (own) {
      own.keys.add(key);
      own.bytes += bytes;
    } else this.#owners.set(owner, { bytes, keys: new Set([key]) });
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    const own = this.#owners.get(entry.owner)!;
    own.keys.delete(key);
    own.bytes -= entry.bytes;
    if (own.keys.size === 0) this.#owners.delete(entry.owner);
  }

  clear(): void {
    this.#entries.clear();
    this.#owners.clear();
    this.#bytes = 0;
  }

  #makeRoom(owner: string, bytes: number): void {
    const own = this.#owners.get(owner);
    const keys = own && own.bytes + bytes > this.#perOwner ? own.keys : this.#entries.keys();
    // Some at once: a set walks past what was taken from its front each time that it is begun anew.
    const enough = this.#bytes - Math.max(bytes, this.#perOwner >> 6);
    for (const oldest of keys) {
      if (this.#passesOver(oldest)) continue;
      this.delete(oldest);
      if (this.#bytes <= enough) return;
    }
  }

  /** What was used goes to the end instead, where the walk comes to it once more. */
  #passesOver(key: string): boolean {
    const entry = this.#entries.get(key)!;
    if (!entry.isUsed) return false;
    entry.isUsed = false;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const { keys } = this.#owners.get(entry.owner)!;
    keys.delete(key);
    keys.add(key);
    return true;
  }
}
