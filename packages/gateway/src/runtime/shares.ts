import { strict as assert } from "node:assert";

export interface SharesOptions {
  /** What there is in all, in the resource's own unit (places, bytes). */
  total: number;
  /** The most that one owner may have of it. */
  perOwner: number;
}

/**
 * A bounded resource of which each owner may have a part, so that none takes it all. It remembers only owners who have some: never
 * more of them than `total`.
 */
export class Shares {
  readonly total: number;
  readonly perOwner: number;
  readonly #taken = new Map<string, number>();
  #used = 0;

  constructor({ total, perOwner }: SharesOptions) {
    assert(total >= 0 && perOwner >= 0, `shares of ${total} by ${perOwner}`);
    this.total = total;
    this.perOwner = perOwner;
  }

  /** What is taken, by all. */
  get used(): number {
    return this.#used;
  }

  /** How many owners have some. */
  get owners(): number {
    return this.#taken.size;
  }

  usedBy(owner: string): number {
    return this.#taken.get(owner) ?? 0;
  }

  /** Whether the owner could have so much more. */
  has(owner: string, amount = 1): boolean {
    return this.#used + amount <= this.total && this.usedBy(owner) + amount <= this.perOwner;
  }

  /** Takes all of `amount`, or nothing and answers false. What is taken has to be given back, by the same owner's name. */
  take(owner: string, amount = 1): boolean {
    if (!this.has(owner, amount)) return false;
    this.add(owner, amount);
    return true;
  }

  /** Counts what is there already and cannot be refused any more; it leaves so much less to everybody. */
  add(owner: string, amount: number): void {
    assert(amount >= 0, `${amount} cannot be taken`);
    if (amount === 0) return;
    this.#taken.set(owner, this.usedBy(owner) + amount);
    this.#used += amount;
  }

  give(owner: string, amount = 1): void {
    const left = this.usedBy(owner) - amount;
    assert(amount >= 0 && left >= 0, `${owner} gives back ${amount} of ${left + amount}`);
    if (left === 0) this.#taken.delete(owner);
    else this.#taken.set(owner, left);
    this.#used -= amount;
  }
}
