import { Shares } from "./shares.ts";

/**
 * A bounded resource of which an owner may have as much as it leaves free for others: alone half of it, beside one that is as greedy a
 * third, so that however many take all they can, there is something left for the next.
 */
export class FairShares extends Shares {
  /** @param total what there is in all, in the resource's own unit (places, bytes) */
  constructor(total: number) {
    super({ total, perOwner: total });
  }

  /** Whether the owner could have so much more: then it has no more than is left, or one unit more. */
  override has(owner: string, amount = 1): boolean {
    return amount === 0 || this.usedBy(owner) + 2 * amount <= this.total - this.used + 1;
  }
}
