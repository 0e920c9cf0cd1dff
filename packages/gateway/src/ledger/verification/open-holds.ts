import type { MicroDollars } from "@agentgate/protocol";

/** What a walk has to know of a hold that is open where it is. */
export interface OpenHold {
  id: string;
  account: string;
  amount: MicroDollars;
  expires_at: bigint;
}

/** Where a walk keeps the holds that are open where it is, outside of memory. */
export interface HoldShelf {
  find(ids: readonly string[]): Promise<OpenHold[]>;
  /** How much of these accounts is held; one without holds may be left out. */
  heldBy(accounts: readonly string[]): Promise<{ account: string; held: MicroDollars }[]>;
  /** Ids after `after`, first "", in their order. */
  idsAfter(after: string, limit: number): Promise<string[]>;
}

/** Some ids of open holds, and behind what there are more; undefined when there are none. */
export interface HoldIds {
  ids: string[];
  next: string | undefined;
}

/**
 * The holds that are open at a walk's place in the journal. In memory is what changed since they were last put on the shelf, and of the
 * rest what the page under way is about.
 */
export class OpenHolds {
  readonly #shelf: HoldShelf;
  /** Nothing was put on the shelf yet: there is nothing to look for. */
  #isShelfEmpty: boolean;
  readonly #opened = new Map<string, OpenHold>();
  readonly #resolved = new Map<string, OpenHold>();
  /** By how much these differ from what the shelf says is held, by account. */
  readonly #changes = new Map<string, MicroDollars>();
  #found = new Map<string, OpenHold>();
  #heldThere = new Map<string, MicroDollars>();
  /** Σ of all of them. */
  #held: MicroDollars;

  constructor(shelf: HoldShelf, { isShelfEmpty, held }: { isShelfEmpty: boolean; held: MicroDollars }) {
    this.#shelf = shelf;
    this.#isShelfEmpty = isShelfEmpty;
    this.#held = held;
  }

  /** Σ of all of them. */
  get held(): MicroDollars {
    return this.#held;
  }

  get isShelfEmpty(): boolean {
    return this.#isShelfEmpty;
  }

  /** How many are in memory because they changed. */
  get changed(): number {
    return this.#opened.size + this.#resolved.size;
  }

  /** Makes ready for a page that is about these holds and accounts. */
  async prepare(ids: readonly string[], accounts: readonly string[]): Promise<void> {
    if (this.#isShelfEmpty) return;
    const [found, held] = await Promise.all([this.#shelf.find(ids), this.#shelf.heldBy(accounts)]);
    this.#found = new Map(found.filter(({ id }) => !this.#resolved.has(id)).map((hold) => [hold.id, hold]));
    this.#heldThere = new Map(held.map(({ account, held }) => [account, held]));
  }

  get(id: string): OpenHold | undefined {
    return this.#opened.get(id) ?? this.#found.get(id);
  }

  heldOf(account: string): MicroDollars {
    return (this.#heldThere.get(account) ?? 0n) + (this.#changes.get(account) ?? 0n);
  }

  open({ id, account, amount, expires_at }: OpenHold): void {
    this.#opened.set(id, { id, account, amount, expires_at });
    this.#change(account, amount);
  }

  resolve(hold: OpenHold): void {
    if (!this.#opened.delete(hold.id)) {
      this.#found.delete(hold.id);
      this.#resolved.set(hold.id, hold);
    }
    this.#change(hold.account, -hold.amount);
  }

  /** What is to be put on the shelf, and taken from it. */
  changes(): { opened: OpenHold[]; resolved: string[] } {
    // One id may have been resolved and opened anew, in books that are wrong: taken first, then put.
    return { opened: [...this.#opened.values()], resolved: [...this.#resolved.keys()] };
  }

  /** They are on the shelf. */
  shelved(): void {
    this.#isShelfEmpty &&= this.changed === 0;
    this.#opened.clear();
    this.#resolved.clear();
    this.#changes.clear();
    this.#found.clear();
    this.#heldThere.clear();
  }

  /** There are none: what is on the shelf is to be removed. */
  forget(): void {
    this.shelved();
    this.#held = 0n;
  }

  /** Some of them, when nothing has changed since they were shelved or nothing was ever shelved. @param after first "" */
  async idsAfter(after: string, limit: number): Promise<HoldIds> {
    if (!this.#isShelfEmpty) {
      const ids = await this.#shelf.idsAfter(after, limit);
      return { ids, next: ids.length < limit ? undefined : ids.at(-1) };
    }
    const start = Number(after);
    const ids = [...this.#opened.keys()].slice(start, start + limit);
    return { ids, next: ids.length < limit ? undefined : `${start + limit}` };
  }

  #change(account: string, amount: MicroDollars): void {
    this.#held += amount;
    const change = (this.#changes.get(account) ?? 0n) + amount;
    if (change === 0n) this.#changes.delete(account);
    else this.#changes.set(account, change);
  }
}
