import { orgPrincipal, orgScope } from "../access/index.ts";
import type { Agent, AgentRegistry } from "../agents/index.ts";
import type { Principal } from "../http/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { RateLimiter } from "../limits/index.ts";
import type { Clock, Micros, Random, Timestamps } from "../runtime/index.ts";
import { type Buyer, demandPurchase, mayUse, orgIdOf, paceOf } from "./buyer.ts";
import { type Checkout, type Line, type Remarks, toDocument } from "./checkout.ts";
import type { CheckoutStore } from "./checkout-store.ts";
import type { ErrorMessage } from "./envelope.ts";
import { type GivenLine, isForSale, linesOf } from "./line-items.ts";
import { isCanceled, type Order, type OrderTerms } from "./order.ts";
import type { OrderRuns } from "./order-runs.ts";
import { allRunsOf, type OrderStore } from "./order-store.ts";
import { type Facts, isExpired, type Standing, standingOf } from "./readiness.ts";
import { refusal } from "./refusal.ts";
import type { ResultRoom } from "./result-room.ts";

export interface CheckoutsOptions {
  store: CheckoutStore;
  orders: OrderStore;
  runs: OrderRuns;
  agents: Pick<AgentRegistry, "find" | "seen">;
  ledger: Ledger;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  /** Name of the extension that tasks are under. */
  extension(): string;
  resultRoom: ResultRoom;
  limiter: Pick<RateLimiter, "take">;
  sessionMinutes: number;
  /** How long who completes a checkout is let wait for its tasks. */
  waitMs: number;
}

/** What a caller says of a checkout, with the whole of it. */
export interface Wanted {
  lines: readonly GivenLine[];
  remarks: Remarks;
}

/** What is known of a completion beside the checkout. */
export type Circumstances = Pick<
  OrderTerms,
  "clientIp" | "requestId" | "chain" | "traceparent" | "tracestate" | "version" | "webhookUrl"
>;

/** A checkout with where it stands. */
export interface Seen extends Standing {
  checkout: Checkout;
  order: Order | undefined;
  /** What its owner's wallet has left; null for others. */
  available: Facts["available"];
}

/** Open sessions of one organization, and of an address without a key. */
const OPEN_MAX = { known: 1_000, anonymous: 50 };
const BYTES_MAX = { known: 67_108_864, anonymous: 1_048_576 };
/** Of one. */
const SESSION_BYTES_MAX = { known: 4_194_304, anonymous: 65_536 };
/** Sessions without a key, of all addresses together, and how long each lasts. */
const OFFERS = { rate: 5, burst: 100 };
const OFFER_MINUTES = 30;
const CHANGES_MAX = 5;
const POLL_MS = 200;

/** Checkout sessions: the one core behind every face. */
export class Checkouts {
  readonly #options: CheckoutsOptions;

  constructor(options: CheckoutsOptions) {
    this.#options = options;
  }

  /** @returns the checkout; or, where nothing was made, why not @throws Problem 429 when the caller has too many */
  async create(buyer: Buyer, { lines: given, remarks }: Wanted): Promise<Seen | { problem: ErrorMessage }> {
    const lines = await this.#lines(given, [], buyer.principal);
    if ("problem" in lines) return lines;
    return this.insert(buyer, lines, remarks);
  }

  /** Makes one of lines that are known to be for sale. */
  async insert(buyer: Buyer, lines: readonly Line[], remarks: Remarks): Promise<Seen> {
    const { store, random, timestamps, sessionMinutes } = this.#options;
    const now = timestamps();
    await this.#demandRoom(buyer, now, demandSize(buyer, lines, remarks));
    const minutes = buyer.principal ? sessionMinutes : Math.min(sessionMinutes, OFFER_MINUTES);
    const checkout: Checkout = {
      id: random.uuid(),
      owner: buyer.owner,
      phase: "open",
      revision: 0n,
      orderId: null,
      failure: null,
      lines,
      remarks,
      createdAt: now,
      updatedAt: now,
      expiresAt: now + BigInt(minutes) * 60_000_000n,
    };
    await store.insert(checkout);
    return this.#seen(checkout, buyer);
  }

  /** Undefined when there is none that the caller may see. */
  async get(id: string, buyer: Buyer): Promise<Seen | undefined> {
    const checkout = await this.#find(id, buyer);
    return checkout && this.#seen(checkout, buyer);
  }

  /** Puts everything that a caller may say in the place of what was said before. */
  async update(id: string, buyer: Buyer, { lines: given, remarks }: Wanted): Promise<Seen | undefined> {
    return this.#change(id, buyer, async (checkout) => {
      if (checkout.phase !== "open" || isExpired(checkout, this.#options.timestamps()))
        return tooLate(checkout, "changed");
      const lines = await this.#lines(given, checkout.lines, buyer.principal);
      if ("problem" in lines) return lines;
      demandSize(buyer, lines, remarks);
      return { lines, remarks, failure: null, owner: buyer.orgId === undefined ? checkout.owner : buyer.owner };
    });
  }

  async cancel(id: string, buyer: Buyer): Promise<Seen | undefined> {
    return this.#change(id, buyer, async (checkout) => {
      if (checkout.phase !== "open" || isExpired(checkout, this.#options.timestamps()))
        return tooLate(checkout, "canceled");
      return { phase: "canceled" };
    });
  }

  /**
   * Completes a checkout: its money is put aside, its tasks are done, and whoever hangs up changes nothing of that. Who asks again while
   * it is done waits with the first; nobody pays twice.
   *
   * @param waitMs how long to wait for the tasks, where that is not as long as usual
   * @throws Problem 401 when nobody would pay, 403 for a key that is bounded to less
   */
  async complete(
    id: string,
    buyer: Buyer,
    circumstances: Circumstances,
    waitMs = this.#options.waitMs,
  ): Promise<Seen | undefined> {
    const endsAt = this.#options.clock.monotonic() + waitMs;
    for (let attempt = 0; attempt < CHANGES_MAX; attempt++) {
      const found = await this.#find(id, buyer);
      if (!found) return undefined;
      const checkout = await this.#reopened(found);
      if (checkout.phase === "completing") return this.#await(checkout, buyer, endsAt);
      if (checkout.phase !== "open") return this.#seen(checkout, buyer);
      const payerOrgId = orgIdOf(checkout.owner) ?? buyer.orgId;
      if (payerOrgId === undefined) {
        throw refusal(
          401,
          "unauthenticated",
          "Show the key of the organization that pays, as Authorization: Bearer or X-API-Key",
        );
      }
      demandPurchase(buyer, checkout.lines);
      const owned = { ...checkout, owner: orgScope(payerOrgId) };
      const seen = await this.#seen(owned, buyer);
      if (seen.status !== "ready_for_complete") return seen;
      const placed = await this.#place(checkout, {
        ...circumstances,
        lines: checkout.lines,
        payerOrgId,
        key: paceOf(buyer),
      });
      if (placed) return this.#await({ ...owned, phase: "completing", orderId: placed }, buyer, endsAt);
    }
    throw refusal(409, "conflict", "The checkout is being changed by somebody else; look at it, then repeat", {
      "retry-after": "1",
    });
  }

  /** A completed one of which nothing came can be completed once more. */
  async #reopened(checkout: Checkout): Promise<Checkout> {
    const { store, orders, timestamps } = this.#options;
    if (checkout.phase !== "completed" || checkout.orderId === null) return checkout;
    const order = await orders.find(checkout.orderId);
    if (!order || !isCanceled(order) || timestamps() >= checkout.expiresAt) return checkout;
    return (await store.change(checkout, { phase: "open", orderId: null })) ?? checkout;
  }

  /** @returns the order's id; undefined when somebody else was sooner */
  async #place(checkout: Checkout, terms: OrderTerms): Promise<string | undefined> {
    const { orders, runs, random, resultRoom } = this.#options;
    await resultRoom.demand(orgScope(terms.payerOrgId));
    const orderId = random.uuid();
    const { attribution } = checkout.remarks;
    const tasks = allRunsOf(checkout.lines).map((task) => ({ ...task, id: random.uuid() }));
    const dueIn = await runs.dueIn(tasks.map(({ agentId }) => agentId));
    if (!(await orders.place(checkout, orderId, { ...terms, attribution }, tasks, dueIn))) return undefined;
    void runs.work(orderId);
    return orderId;
  }

  /** Waits for the order of a checkout, on whatever node it is worked on, but no longer than that. */
  async #await({ id, orderId }: Checkout, buyer: Buyer, endsAt: number): Promise<Seen | undefined> {
    const { store, orders, runs, clock } = this.#options;
    const isOver = () => clock.monotonic() >= endsAt;
    if (orderId !== null && runs.isAt(orderId)) {
      const left = Math.max(0, endsAt - clock.monotonic());
      let cancel = () => {};
      const timeout = new Promise<void>((resolve) => {
        cancel = clock.after(left, resolve);
      });
      await Promise.race([runs.work(orderId), timeout]);
      cancel();
    }
    for (;;) {
      const checkout = await store.find(id);
      if (checkout?.phase !== "completing" || checkout.orderId !== orderId)
        return checkout && this.#seen(checkout, buyer);
      if (isOver()) break;
      await new Promise<void>((resolve) =>
        clock.after(Math.min(POLL_MS, Math.max(1, endsAt - clock.monotonic())), resolve),
      );
    }
    if (orderId !== null) await orders.conclude(orderId, { isWaitOver: true });
    const checkout = await store.find(id);
    return checkout && this.#seen(checkout, buyer);
  }

  /** Applies what `change` makes of a checkout; where it is a message, that is told with the checkout as it is. */
  async #change(
    id: string,
    buyer: Buyer,
    change: (checkout: Checkout) => Promise<Partial<Checkout> | { problem: ErrorMessage }>,
  ): Promise<Seen | undefined> {
    for (let attempt = 0; attempt < CHANGES_MAX; attempt++) {
      const checkout = await this.#find(id, buyer);
      if (!checkout) return undefined;
      const changes = await change(checkout);
      if ("problem" in changes) {
        const seen = await this.#seen(checkout, buyer);
        return { ...seen, messages: [changes.problem, ...seen.messages] };
      }
      const changed = await this.#options.store.change(checkout, changes);
      if (changed) return this.#seen(changed, buyer);
    }
    throw refusal(409, "conflict", "The checkout is being changed by somebody else; look at it, then repeat", {
      "retry-after": "1",
    });
  }

  async #find(id: string, buyer: Buyer): Promise<Checkout | undefined> {
    const checkout = await this.#options.store.find(id);
    return checkout && mayUse(buyer, checkout.owner) ? checkout : undefined;
  }

  async #seen(checkout: Checkout, buyer: Buyer): Promise<Seen> {
    const { ledger, orders, timestamps, extension } = this.#options;
    const payer = orgIdOf(checkout.owner);
    const isOpen = checkout.phase === "open";
    const available =
      payer !== undefined && mayUse(buyer, checkout.owner) ? (await ledger.queries.balance(payer)).available : null;
    const gone = new Set<string>();
    for (const { agentId } of isOpen ? checkout.lines : []) {
      // Who pays is who calls.
      const agent = await this.#sold(agentId, payer === undefined ? buyer.principal : orgPrincipal(payer));
      if (!agent || !isForSale({ ...agent, pricePerTask: 1n })) gone.add(agentId);
    }
    const standing = standingOf(checkout, { now: timestamps(), available, gone, extension: extension() });
    const order =
      checkout.phase === "completed" && checkout.orderId !== null ? await orders.find(checkout.orderId) : undefined;
    return { checkout, order, available, ...standing };
  }

  #lines(given: readonly GivenLine[], before: readonly Line[], buyer: Principal | undefined) {
    const { random, extension } = this.#options;
    const sold = (agentId: string) => this.#sold(agentId, buyer);
    return linesOf(given, before, { sold, random, extension: extension() });
  }

  /** The agent, at the price that it has to this buyer; undefined where it may not buy of it. */
  async #sold(agentId: string, buyer: Principal | undefined): Promise<Agent | undefined> {
    const { agents } = this.#options;
    const seen = await agents.seen(agentId, agents.find(agentId), buyer);
    return seen?.mayCall ? seen.agent : undefined;
  }

  async #demandRoom({ owner, principal }: Buyer, now: Micros, length: number): Promise<void> {
    const kind = kindOf(principal);
    const open = await this.#options.store.openOf(owner, now);
    const hasRoom = open.count < OPEN_MAX[kind] && open.bytes + length <= BYTES_MAX[kind];
    if (!hasRoom) {
      const content = "You have too many open checkouts; complete or cancel some, or wait until they expire";
      throw refusal(429, "rate_limited", content, { "retry-after": "60" });
    }
    if (principal) return;
    const { allowed, retryAfterSeconds } = await this.#options.limiter.take("ucp-offers", OFFERS);
    if (allowed) return;
    const content = "Too many checkouts without a key at once; show an organization's key, or repeat";
    throw refusal(429, "rate_limited", content, { "retry-after": `${retryAfterSeconds}` });
  }
}

const kindOf = (principal: Buyer["principal"]) => (principal ? "known" : "anonymous");

/** @returns about how many characters a session takes @throws Problem 413 when that is too much */
function demandSize({ principal }: Buyer, lines: readonly Line[], remarks: Remarks): number {
  const { length } = JSON.stringify([toDocument(lines), remarks]);
  const max = SESSION_BYTES_MAX[kindOf(principal)];
  if (length <= max) return length;
  throw refusal(413, "payload_too_large", `A checkout holds at most ${max} bytes${principal ? "" : " without a key"}`);
}

const tooLate = ({ phase }: Checkout, what: string): { problem: ErrorMessage } => {
  const isUnderWay = phase === "completing";
  const content = isUnderWay
    ? `The checkout is being completed and cannot be ${what} meanwhile`
    : `The checkout is ${phase === "open" ? "expired" : phase} and cannot be ${what}; make another`;
  return {
    problem: {
      type: "error",
      code: isUnderWay ? "complete_in_progress" : "invalid_state",
      content,
      severity: isUnderWay ? "recoverable" : "unrecoverable",
    },
  };
};
