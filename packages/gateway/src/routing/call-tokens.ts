import type { Agent } from "../agents/index.ts";
import type { LimitDecision, RateLimit, RateLimiter } from "../limits/index.ts";
import { type Org, type OrgRegistry, rateLimitOf } from "../orgs/index.ts";
import { tooMany } from "./admission-refusals.ts";

export interface CallTokensOptions {
  orgs: Pick<OrgRegistry, "find">;
  limiter: RateLimiter;
  /** For agents without an organization, per client's network. */
  defaultLimit: RateLimit;
}

/** A key of the rate limiter, and its limit. */
type Bucket = [key: string, limit: RateLimit];

/** The tokens that calls of agents take (contract section 5): of the agent's owner, of who pays, and of the key that pays. */
export class CallTokens {
  readonly #options: CallTokensOptions;

  constructor(options: CallTokensOptions) {
    this.#options = options;
  }

  /** One more token for a call that was admitted and asks its agent more than once. */
  async takeOneMore(agent: Agent, network: string): Promise<Pick<LimitDecision, "allowed" | "remaining">> {
    const [key, limit] = await this.#ownersBucket(agent, network);
    return this.#options.limiter.take(key, limit);
  }

  /** Contract section 5: the bucket of the client's address, or network, with the agent's owner. */
  #ownersBucket({ orgId }: Agent, network: string): Bucket | Promise<Bucket> {
    const { orgs, defaultLimit } = this.#options;
    if (orgId === null) return [`ip:${network}`, defaultLimit];
    const bucket = (org: Org | undefined): Bucket => [`org:${orgId}:${network}`, org ? rateLimitOf(org) : defaultLimit];
    const found = orgs.find(orgId);
    return found instanceof Promise ? found.then(bucket) : bucket(found);
  }

  /** @throws Problem 429 */
  takeOwners(agent: Agent, network: string): LimitDecision | Promise<LimitDecision> {
    const bucket = this.#ownersBucket(agent, network);
    return bucket instanceof Promise ? bucket.then((found) => this.take(...found)) : this.take(...bucket);
  }

  /** @throws Problem 429 */
  async takePayers(orgId: string): Promise<void> {
    const found = this.#options.orgs.find(orgId);
    const org = found instanceof Promise ? await found : found;
    if (org) await this.take(`payer:${orgId}`, rateLimitOf(org));
  }

  /** @throws Problem 429 */
  take(key: string, limit: RateLimit): LimitDecision | Promise<LimitDecision> {
    const taken = this.#options.limiter.take(key, limit);
    return taken instanceof Promise ? taken.then(demandAllowed) : demandAllowed(taken);
  }
}

function demandAllowed(decision: LimitDecision): LimitDecision {
  if (!decision.allowed) throw tooMany(decision);
  return decision;
}
