import type { LogPage, LogRow } from "./log-row.ts";

/** Pages whose rows are kept; of others it is known where they begin and how many rows they have. */
export const PAGES_KEPT = 40;
/** Rows that came while one looked; beyond, the log is read anew. */
const LIVE_MAX = 5_000;
/** Pages in a row that found nothing before one has to ask for more. */
const EMPTY_MAX = 10;

interface KnownPage {
  /** Where it begins; undefined for the newest row. */
  before: string | undefined;
  next: string | null;
  length: number;
  entries: readonly LogRow[] | undefined;
}

export interface LogWindowOptions {
  /** Where the first page begins. */
  start: string | undefined;
  readPage(before: string | undefined, signal: AbortSignal): Promise<LogPage>;
  onChange(): void;
}

/**
 * The log as far as one has come in it: rows by their place from the top, page by page as they are looked at. What is far from what is looked at
 * is let go, and read again when one comes back.
 */
export class LogWindow {
  readonly #options: LogWindowOptions;
  readonly #abort = new AbortController();
  #pages: KnownPage[] = [];
  #live: LogRow[] = [];
  #loading = new Set<string | undefined>();
  #shown: [first: number, last: number] = [0, 0];
  #emptyInARow = 0;
  #ids = new Set<string>();
  /** Why the last read failed. */
  error: unknown;
  /** How far was looked where the search's time was over, and nothing was found since. */
  searchedTo: string | null = null;

  constructor(options: LogWindowOptions) {
    this.#options = options;
    void this.#read(options.start, 0);
  }

  /** Rows that are known. */
  get length(): number {
    return this.#pages.reduce((sum, { length }) => sum + length, this.#live.length);
  }

  get isLoading(): boolean {
    return this.#loading.size > 0;
  }

  /** Whether the first page has been read. */
  get isBegun(): boolean {
    return this.#pages.length > 0;
  }

  /** Nothing is older than the last row. */
  get isWhole(): boolean {
    return this.#pages.at(-1)?.next === null;
  }

  /** Whether it goes on by itself when its end is looked at. */
  get isWaiting(): boolean {
    return !this.isWhole && this.#emptyInARow >= EMPTY_MAX;
  }

  /** Undefined for one that is being read. */
  rowAt(index: number): LogRow | undefined {
    if (index < this.#live.length) return this.#live[index];
    const [page, at] = this.#placeOf(index);
    return page?.entries?.[at];
  }

  indexOf(id: string): number {
    const live = this.#live.findIndex((row) => row.id === id);
    if (live >= 0) return live;
    let from = this.#live.length;
    for (const { entries, length } of this.#pages) {
      const at = entries?.findIndex((row) => row.id === id) ?? -1;
      if (at >= 0) return from + at;
      from += length;
    }
    return -1;
  }

  /** These are looked at: they and what is near are read, and what is far is let go. */
  show(first: number, last: number): void {
    this.#shown = [first, last];
    let from = this.#live.length;
    for (const [at, page] of this.#pages.entries()) {
      const isNear = from <= last && from + page.length > first;
      if (isNear && !page.entries) void this.#read(page.before, at);
      from += page.length;
    }
    if (last >= from - 1) this.#goOn();
  }

  /** Looks further where it has stopped to do so by itself. */
  lookFurther(): void {
    this.#emptyInARow = 0;
    this.error = undefined;
    if (!this.isBegun) return void this.#read(this.#options.start, 0);
    const at = this.#pages.findIndex(({ entries }) => !entries);
    if (at >= 0) void this.#read(this.#pages[at]!.before, at);
    else this.#goOn();
  }

  /** Calls that were made since, newest first. Returns false when there are too many to keep: the log has to be read anew. */
  land(rows: readonly LogRow[]): boolean {
    const fresh = onceEach(rows).filter(({ id }) => !this.#ids.has(id));
    if (this.#live.length + fresh.length > LIVE_MAX) return false;
    for (const { id } of fresh) this.#ids.add(id);
    this.#live = [...fresh, ...this.#live].sort(newestFirst);
    if (fresh.length > 0) this.#options.onChange();
    return true;
  }

  /** Whether it has come in a page or since. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  close(): void {
    this.#abort.abort();
  }

  #placeOf(index: number): [KnownPage | undefined, number] {
    let at = index - this.#live.length;
    for (const page of this.#pages) {
      if (at < page.length) return [page, at];
      at -= page.length;
    }
    return [undefined, 0];
  }

  #goOn(): void {
    const last = this.#pages.at(-1);
    if (last && last.next !== null && !this.isWaiting && this.error === undefined)
      void this.#read(last.next, this.#pages.length);
  }

  async #read(before: string | undefined, at: number): Promise<void> {
    if (this.#loading.has(before)) return;
    this.#loading.add(before);
    try {
      const { entries, next, searched_to } = await this.#options.readPage(before, this.#abort.signal);
      if (this.#abort.signal.aborted) return;
      this.error = undefined;
      // What came live stands there already.
      const live = new Set(this.#live.map(({ id }) => id));
      const rows = entries.filter(({ id }) => !live.has(id));
      for (const { id } of rows) this.#ids.add(id);
      const isLast = at === this.#pages.length;
      if (!isLast && this.#pages[at]?.next !== next) this.#pages.length = at;
      this.#pages[at] = { before, next, length: rows.length, entries: rows };
      this.searchedTo = searched_to;
      if (isLast) this.#emptyInARow = entries.length === 0 ? this.#emptyInARow + 1 : 0;
      this.#letGo();
    } catch (error) {
      if (!this.#abort.signal.aborted) this.error = error;
    } finally {
      this.#loading.delete(before);
    }
    if (this.#abort.signal.aborted) return;
    this.#options.onChange();
    const [, last] = this.#shown;
    if (last >= this.length - 1) this.#goOn();
  }

  /** The rows of pages that are farthest from what is looked at. */
  #letGo(): void {
    const kept = this.#pages.filter(({ entries }) => entries);
    if (kept.length <= PAGES_KEPT) return;
    const middle = (this.#shown[0] + this.#shown[1]) / 2;
    let from = this.#live.length;
    const distances = this.#pages.map((page) => {
      const centre = from + page.length / 2;
      from += page.length;
      return Math.abs(centre - middle);
    });
    const far = this.#pages
      .map((page, at) => ({ page, distance: distances[at]! }))
      .filter(({ page }) => page.entries)
      .sort((a, b) => b.distance - a.distance)
      .slice(0, kept.length - PAGES_KEPT);
    for (const { page } of far) {
      for (const { id } of page.entries!) this.#ids.delete(id);
      page.entries = undefined;
    }
  }
}

/** Of rows that were read back twice at once, each once. */
export const onceEach = (rows: readonly LogRow[]): LogRow[] => [...new Map(rows.map((row) => [row.id, row])).values()];

const newestFirst = (a: LogRow, b: LogRow): number =>
  a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : a.id < b.id ? 1 : -1;
