import type { FastifyRequest } from "fastify";
import { Problem } from "../../http/index.ts";
import type { RateLimiter } from "../../limits/index.ts";
import { type NetworkOf, plainAddress } from "../../runtime/index.ts";

/** More than anybody reads: a page for each letter of a search, and for each agent that a crawler follows. */
const PACE = { rate: 10, burst: 100 };

/** Who has no key has a pace all the same: pages are written on the loop that calls go through. */
export class PagePace {
  readonly #limiter: Pick<RateLimiter, "take">;
  readonly #networkOf: NetworkOf;

  constructor({ limiter, networkOf }: { limiter: Pick<RateLimiter, "take">; networkOf: NetworkOf }) {
    this.#limiter = limiter;
    this.#networkOf = networkOf;
  }

  /** Asked before a page is written; what is kept is free. @throws Problem 429 */
  async demand({ ip }: Pick<FastifyRequest, "ip">): Promise<void> {
    const taken = await this.#limiter.take(`pages:${this.#networkOf(plainAddress(ip))}`, PACE);
    if (taken.allowed) return;
    const seconds = taken.retryAfterSeconds;
    throw new Problem(429, `Too many pages for this address; retry in ${seconds} s`, {
      headers: { "retry-after": `${seconds}` },
    });
  }
}
