import type { FastifyRequest } from "fastify";
import {
  actions,
  demandCall,
  demandPrice,
  demandUse,
  type KeyLimits,
  limitsOf,
  may,
  organization,
  orgOf,
  scopeOf,
  usable,
} from "../access/index.ts";
import { type Authenticate, bearerKey, invalidApiKey, type Principal, Problem } from "../http/index.ts";
import { type NetworkOf, plainAddress } from "../runtime/index.ts";
import { type Line, totalOf } from "./checkout.ts";

/** Who asks. */
export interface Buyer {
  principal: Principal | undefined;
  /** Whose what it makes is, and whose its Idempotency-Keys are: an organization's, the admin's or, without a key, its address's. */
  owner: string;
  /** Who would pay. */
  orgId: string | undefined;
  clientIp: string;
}

const ANYBODY = "ip:";

/** The organization that owns something; undefined of what is nobody's in particular yet: whoever knows its id may see it. */
export const orgIdOf = (owner: string): string | undefined => (owner.startsWith("org:") ? owner.slice(4) : undefined);

/** Whether it may see and change what has this owner. */
export function mayUse({ principal }: Buyer, owner: string): boolean {
  const orgId = orgIdOf(owner);
  return orgId === undefined || may(principal, actions.useCheckouts, organization(orgId));
}

/** What of a checkout a key may be bounded by. @throws Problem 403 for a key that may not call these agents, or not at so much */
export function demandPurchase({ principal, clientIp }: Buyer, lines: readonly Line[]): void {
  if (!principal) return;
  if (limitsOf(principal)?.budgets.length) {
    throw new Problem(403, "A key with budgets buys by calling, not by checkouts", { code: "budget_exceeded" });
  }
  for (const { agentId: id } of lines) demandCall(principal, actions.sendTasks, { id }, clientIp);
  demandPrice(principal, totalOf(lines));
}

/** What the buyer's key may do per second, if it is bounded so. */
export function paceOf({ principal }: Buyer): Pick<KeyLimits, "keyId" | "rate"> | undefined {
  const key = limitsOf(principal);
  return key?.rate && { keyId: key.keyId, rate: key.rate };
}

function shownKey({ headers }: FastifyRequest): string | undefined {
  const shown = headers["x-api-key"];
  return bearerKey(headers.authorization) ?? (typeof shown === "string" && shown !== "" ? shown : undefined);
}

/** Knows buyers by the key that they show, in either header. */
export class Buyers {
  readonly #authenticate: Authenticate;
  readonly #networkOf: NetworkOf;

  constructor(authenticate: Authenticate, networkOf: NetworkOf) {
    this.#authenticate = authenticate;
    this.#networkOf = networkOf;
  }

  /** Who looks at the catalog: as everybody sees it, for one who shows no key that opens anything. */
  async viewerOf(request: FastifyRequest): Promise<Principal | undefined> {
    const key = shownKey(request);
    return key === undefined ? undefined : usable(await this.#authenticate(key), request.ip);
  }

  /** @throws Problem 401 for a key that nobody has, or that has ended; 403 for one that was not made for this */
  async of(request: FastifyRequest): Promise<Buyer> {
    const { ip } = request;
    const key = shownKey(request);
    const principal = key === undefined ? undefined : await this.#authenticate(key);
    if (key !== undefined && !principal) throw invalidApiKey();
    if (principal) demandUse(principal, actions.useCheckouts, ip);
    const clientIp = plainAddress(ip);
    const owner = principal ? scopeOf(principal) : ANYBODY + this.#networkOf(clientIp);
    return { principal, owner, orgId: orgOf(principal), clientIp };
  }
}
