import { strict as assert } from "node:assert";

/**
 * A bounded resource of which an owner may have as much as it leaves free for others: alone half of it, beside one that is as greedy a
 * third, so that however many take all they can, there is something left for the next. It remembers only owners who have some.
 */
export class FairShares {
  readonly total: number;
  readonly #taken = new Map<string, number>();
  #used = 0;

  /** @param total what there is in all, in the resource's own unit (places, bytes) */
  constructor(total: number) {
    assert(total >= 0, `${total} to share`);
    this.total = total;
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

  /** Whether the owner could have so much more: then it has no more than is left, or one unit more. */
  has(owner: string, amount = 1): boolean {
    return amount === 0 || this.usedBy(owner) + 2 * amount <= this.total - this.#used + 1;
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
