import { SiteError } from "../exchange/site-error.ts";
import type { RecordStore, StoredRecord } from "./record-store.ts";

export interface MemoryOptions {
  /** Records kept at most. Default 100,000. */
  readonly entriesMax?: number | undefined;
  /** Memory they may take, in bytes. New records are refused from half of it on, so that those that are there can grow. Default 64 MiB. */
  readonly bytesMax?: number | undefined;
  /** The part of both that one holder may take, from 0 to 1. Default a tenth. Strangers together may take half. */
  readonly holderShare?: number | undefined;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: (() => number) | undefined;
}

interface Entry extends StoredRecord {
  readonly expiresAt: number;
  readonly bytes: number;
  /** What the record counts against, widest first. */
  readonly parts: readonly Part[];
}

/** A part of the store, and what is taken of it. */
interface Part {
  readonly name: string;
  readonly entriesMax: number;
  readonly bytesMax: number;
  entries: number;
  bytes: number;
}

/** What an entry takes beside its texts. */
const overheadBytes = 256;
/** What every record counts at least, so that any can be replaced by a short one. */
const recordBytesMin = 512;
/** Expired records are looked for at most this often, in milliseconds, … */
const sweepEveryMs = 60_000;
/** … or, when they are in the way, in a millisecond for so many entries, which keeps looking cheap beside the time between. */
const sweptPerMs = 100;
const retryAfterSeconds = 60;

/**
 * Keeps records in this process: for development, tests and single-process sites. Each holder has a share, so that nobody
 * fills it alone, and what is still good is never forgotten: a record that finds no room is refused.
 */
export class MemoryRecordStore implements RecordStore {
  readonly #entries = new Map<string, Entry>();
  readonly #holders = new Map<string, Part>();
  readonly #all: Part;
  readonly #strangers: Part;
  readonly #holderShare: number;
  readonly #now: () => number;
  #sweptAt: number;

  constructor({ entriesMax = 100_000, bytesMax = 67_108_864, holderShare = 0.1, now = Date.now }: MemoryOptions = {}) {
    this.#all = part("site", entriesMax, bytesMax);
    this.#strangers = this.#partOf("strangers", 0.5);
    this.#holderShare = holderShare;
    this.#now = now;
    this.#sweptAt = now();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What the records take, in bytes: an estimate that is never too low by much. */
  get bytes(): number {
    return this.#all.bytes;
  }

  /** @throws SiteError `unavailable` when the store, or the holder's part of it, is full */
  async insert(id: string, record: StoredRecord, expiresAt: number, holder?: string): Promise<boolean> {
    if (this.#live(id)) return false;
    const now = this.#now();
    if (Math.abs(now - this.#sweptAt) >= sweepEveryMs) this.#sweep(now);
    const bytes = bytesOf(id, record);
    let parts = this.#partsOf(holder);
    if (fullOf(parts, bytes, 1) && Math.abs(now - this.#sweptAt) * sweptPerMs >= this.#entries.size) {
      this.#sweep(now);
      parts = this.#partsOf(holder);
    }
    const full = fullOf(parts, bytes, 1);
    if (full) throw noRoom(full);
    this.#put(id, { ...record, expiresAt, bytes, parts });
    return true;
  }

  async read(id: string): Promise<StoredRecord | undefined> {
    const entry = this.#live(id);
    return entry && { text: entry.text, version: entry.version };
  }

  /** @throws SiteError `unavailable` when the record has grown and finds no room; a shorter one always does */
  async replace(id: string, record: StoredRecord, expectedVersion: number, expiresAt: number): Promise<boolean> {
    const entry = this.#live(id);
    if (entry?.version !== expectedVersion) return false;
    const bytes = bytesOf(id, record);
    const full = bytes > entry.bytes && fullOf(entry.parts, bytes - entry.bytes, 0);
    if (full) throw noRoom(full);
    this.#forget(id, entry);
    this.#put(id, { ...record, expiresAt, bytes, parts: entry.parts });
    return true;
  }

  async remove(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry) this.#forget(id, entry);
  }

  #live(id: string): Entry | undefined {
    const entry = this.#entries.get(id);
    if (!entry || entry.expiresAt > this.#now()) return entry;
    this.#forget(id, entry);
    return undefined;
  }

  #put(id: string, entry: Entry): void {
    this.#entries.set(id, entry);
    for (const one of entry.parts) {
      one.entries++;
      one.bytes += entry.bytes;
      if (one !== this.#all && one !== this.#strangers) this.#holders.set(one.name, one);
    }
  }

  #forget(id: string, entry: Entry): void {
    this.#entries.delete(id);
    for (const one of entry.parts) {
      one.entries--;
      one.bytes -= entry.bytes;
      if (one.entries === 0) this.#holders.delete(one.name);
    }
  }

  #partsOf(holder: string | undefined): readonly Part[] {
    // A store of one's own, used directly.
    if (holder === undefined) return [this.#all];
    const own = this.#holders.get(holder) ?? this.#partOf(holder, this.#holderShare);
    return holder.startsWith("subject:") ? [this.#all, own] : [this.#all, this.#strangers, own];
  }

  #partOf(name: string, share: number): Part {
    return part(name, Math.ceil(this.#all.entriesMax * share), this.#all.bytesMax * share);
  }

  /** On use rather than by a timer, which would keep a process or a worker awake. */
  #sweep(now: number): void {
    this.#sweptAt = now;
    for (const [id, entry] of this.#entries) if (entry.expiresAt <= now) this.#forget(id, entry);
  }
}

const part = (name: string, entriesMax: number, bytesMax: number): Part => ({
  name,
  entriesMax,
  bytesMax,
  entries: 0,
  bytes: 0,
});

/** The first part that has no room, if any. @param entries 1 for a new record, 0 for one that grows */
const fullOf = (parts: readonly Part[], bytes: number, entries: 0 | 1): Part | undefined =>
  parts.find((one) => one.entries + entries > one.entriesMax || one.bytes + bytes > one.bytesMax / (entries + 1));

/** Texts of other characters than Latin-1 take two bytes for each. */
const bytesOf = (id: string, { text }: StoredRecord): number =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range that a byte holds
  Math.max(recordBytesMin, overheadBytes + id.length + text.length * (/[^\u0000-\u00ff]/.test(text) ? 2 : 1));

const noRoom = ({ name }: Part) =>
  new SiteError(
    "unavailable",
    name === "site" || name === "strangers"
      ? "The site has no room for more sessions and keyed calls at the moment. Try again later."
      : "You have as many sessions and keyed calls here as one caller may. Finish some, or try again later.",
    { headers: { "retry-after": `${retryAfterSeconds}` } },
  );
