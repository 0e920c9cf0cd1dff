import { Shares } from "../runtime/index.ts";
import { Problem } from "./problem.ts";

/** Who answers for bytes that the gateway holds: a caller with a key that somebody has or, of all others, a client's network. */
export interface ByteOwner {
  isKnown: boolean;
  name: string;
}

export interface ByteBudgetOptions {
  /** For everybody together, in bytes. */
  total: number;
  /** What one known caller, and one network without a known key, must be able to have whatever the total is: one item of the largest size. */
  least: { known: number; anonymous: number };
}

/** Parts of the total: who has no key cannot take what those with keys need, and one of either not what is left for the others. */
const ANONYMOUS_PART = 1 / 4;
const ONE_KNOWN_PART = 1 / 4;
const ONE_NETWORK_PART = 1 / 8;

/** Bytes of one kind that are held for callers, counted as they come. */
export class ByteBudget {
  readonly #known: Shares;
  readonly #anonymous: Shares;

  constructor({ total, least }: ByteBudgetOptions) {
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

  /** Takes so many bytes, to be given back under the same owner, or nothing and tells what to answer. */
  take(owner: ByteOwner, bytes: number): Problem | undefined {
    const shares = this.#sharesOf(owner);
    if (shares.take(owner.name, bytes)) return undefined;
    return shares.usedBy(owner.name) + bytes > shares.perOwner ? ownFull() : allFull();
  }

  give(owner: ByteOwner, bytes: number): void {
    this.#sharesOf(owner).give(owner.name, bytes);
  }

  #sharesOf({ isKnown }: ByteOwner): Shares {
    return isKnown ? this.#known : this.#anonymous;
  }
}

const RETRY = { headers: { "retry-after": "1" } };

const ownFull = () =>
  new Problem(429, "Too many bytes at once: your other requests under way take all your room", RETRY);
const allFull = () =>
  new Problem(503, "The gateway has as many bytes of requests under way as it can hold; try again", RETRY);
