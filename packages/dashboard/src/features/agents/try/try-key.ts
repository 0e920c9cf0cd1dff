import type { Agent } from "@agentgate/client";
import type { Session } from "../../../app/session.ts";
import { makeShortKey, type ShortKey } from "../../../app/short-key.ts";

/** How keys made here are called in the list of keys, where they can be ended as well. */
export const KEY_NAME = "Try it";
const LIVES_SECONDS = 600;
/** One that is about to end is not used any more. */
const LEFT_MS = 15_000;
/** So many runs a key pays for. */
const RUNS = 10;

/** What a key made here is for. */
export interface TryKeyTerms {
  agent: Pick<Agent, "id" | "price_per_task">;
  /** Whose key it is, and who pays; null for the admin's own, with which nobody pays. */
  orgId: string | null;
}

/** Who pays for what is tried: the organization that is signed in; for the admin the one whose pages are looked at, if any. */
export const payerOf = (session: Session, org: string | undefined): string | null =>
  session.kind === "org" ? session.org_id : (org ?? null);

/**
 * A key for this page: a session calls no agents. It is minted from the session when it is first needed, may call the one agent at the price
 * that was shown, for ten runs and ten minutes, is held in this page's memory alone, and deleted when the page is left.
 */
export class TryKey {
  readonly #terms: TryKeyTerms;
  #minted: Promise<ShortKey> | undefined;
  #endsAt = 0;

  constructor(terms: TryKeyTerms) {
    this.#terms = terms;
  }

  /** @throws GatewayError when this session may make no keys */
  async text(): Promise<string> {
    if (this.#minted && Date.now() > this.#endsAt) this.revoke();
    if (!this.#minted) {
      this.#endsAt = Date.now() + LIVES_SECONDS * 1000 - LEFT_MS;
      this.#minted = this.#mint();
      this.#minted.catch(() => {
        this.#minted = undefined;
      });
    }
    return (await this.#minted).key;
  }

  revoke(): void {
    void this.#minted?.then(({ end }) => end()).catch(() => {});
    this.#minted = undefined;
  }

  #mint(): Promise<ShortKey> {
    const { agent, orgId } = this.#terms;
    const price = agent.price_per_task;
    const scopes = orgId === null ? ["tasks:call", "tasks:call_unpaid"] : ["tasks:call"];
    return makeShortKey(orgId, KEY_NAME, scopes, {
      agents: [agent.id],
      expiresIn: LIVES_SECONDS,
      perCallMax: price,
      ...(price > 0 && { budgets: [{ amount: budgetOf(price), period: "total" }] }),
    });
  }
}

/** In whole micro-dollars. */
const budgetOf = (price: number): number => Math.round(price * RUNS * 1e6) / 1e6;
