import type { RecordStore, StoredRecord } from "./record-store.ts";

export interface MemoryOptions {
  /** Beyond it the record unused for longest is forgotten. Default 10,000. */
  readonly entriesMax?: number | undefined;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: (() => number) | undefined;
}

interface Entry extends StoredRecord {
  readonly expiresAt: number;
}

/** Expired records are looked for at most this often, in milliseconds. */
const sweepEveryMs = 60_000;

/** Keeps records in this process: for development, tests and single-process sites. */
export class MemoryRecordStore implements RecordStore {
  readonly #entries = new Map<string, Entry>();
  readonly #entriesMax: number;
  readonly #now: () => number;
  #sweptAt: number;

  constructor({ entriesMax = 10_000, now = Date.now }: MemoryOptions = {}) {
    this.#entriesMax = entriesMax;
    this.#now = now;
    this.#sweptAt = now();
  }

  get size(): number {
    return this.#entries.size;
  }

  async insert(id: string, record: StoredRecord, expiresAt: number): Promise<boolean> {
    if (this.#live(id)) return false;
    this.#sweep();
    this.#put(id, { ...record, expiresAt });
    return true;
  }

  async read(id: string): Promise<StoredRecord | undefined> {
    const entry = this.#live(id);
    if (!entry) return undefined;
    this.#put(id, entry);
    return { text: entry.text, version: entry.version };
  }

  async replace(id: string, record: StoredRecord, expectedVersion: number, expiresAt: number): Promise<boolean> {
    if (this.#live(id)?.version !== expectedVersion) return false;
    this.#put(id, { ...record, expiresAt });
    return true;
  }

  async remove(id: string): Promise<void> {
    this.#entries.delete(id);
  }

  #live(id: string): Entry | undefined {
    const entry = this.#entries.get(id);
    if (!entry || entry.expiresAt > this.#now()) return entry;
    this.#entries.delete(id);
    return undefined;
  }

  /** Puts an entry last, which makes the map's order the order of use. */
  #put(id: string, entry: Entry): void {
    this.#entries.delete(id);
    this.#entries.set(id, entry);
    while (this.#entries.size > this.#entriesMax) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** On use rather than by a timer, which would keep a process or a worker awake. */
  #sweep(): void {
    const now = this.#now();
    if (now - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = now;
    for (const [id, entry] of this.#entries) if (entry.expiresAt <= now) this.#entries.delete(id);
  }
}
