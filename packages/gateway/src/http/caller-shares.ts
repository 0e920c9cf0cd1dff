import { Shares } from "../runtime/index.ts";

/** Who answers for what is held: a caller with a key that somebody has or, of all others, a client's network. */
export interface ShareOwner {
  isKnown: boolean;
  name: string;
}

export interface CallerSharesOptions {
  /** For everybody together, in the resource's own unit. */
  total: number;
  /** What one known caller, and one network without a known key, must be able to have whatever the total is: one item of the largest size. */
  least: { known: number; anonymous: number };
}

/** Why nothing could be taken: the owner has all that it may have, or all owners of its kind together have. */
export type Exhausted = "owner" | "all";

/** Parts of the total: who has no key cannot take what those with keys need, and one of either not what is left for the others. */
const ANONYMOUS_PART = 1 / 4;
const ONE_KNOWN_PART = 1 / 4;
const ONE_NETWORK_PART = 1 / 8;

/** What is held for callers, in shares. */
export class CallerShares {
  readonly #known: Shares;
  readonly #anonymous: Shares;

  constructor({ total, least }: CallerSharesOptions) {
    const anonymous = Math.max(Math.floor(total * ANONYMOUS_PART), least.anonymous);
    const known = Math.max(total - anonymous, least.known);
    this.#known = new Shares({ total: known, perOwner: Math.max(Math.floor(total * ONE_KNOWN_PART), least.known) });
    this.#anonymous = new Shares({
      total: anonymous,
      perOwner: Math.max(Math.floor(total * ONE_NETWORK_PART), least.anonymous),
    });
  }

  /** What is held now, for all. */
  get used(): number {
    return this.#known.used + this.#anonymous.used;
  }

  /** Takes all of it, to be given back under the same owner, or nothing and tells why. */
  take(owner: ShareOwner, amount: number): Exhausted | undefined {
    const shares = this.#sharesOf(owner);
    if (shares.take(owner.name, amount)) return undefined;
    return shares.usedBy(owner.name) + amount > shares.perOwner ? "owner" : "all";
  }

  give(owner: ShareOwner, amount: number): void {
    this.#sharesOf(owner).give(owner.name, amount);
  }

  #sharesOf({ isKnown }: ShareOwner): Shares {
    return isKnown ? this.#known : this.#anonymous;
  }
}
