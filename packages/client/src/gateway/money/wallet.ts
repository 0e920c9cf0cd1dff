import type * as wire from "@agentgate/protocol";
import { asked, at, type BeforeOptions, type CallOptions, GatewayRoom, type Page } from "../http/index.ts";

export interface TopupOptions extends CallOptions {
  /** Without one, a call that may be repeated gets one of its own: the money is added once. */
  idempotencyKey?: string | undefined;
}

/** An organization's wallet and tier. */
export abstract class WalletCalls extends GatewayRoom {
  getOrgWallet(id: string, call?: CallOptions): Promise<wire.Wallet> {
    return this.http.json({ path: at`/orgs/${id}/wallet`, ...call });
  }

  /**
   * Adds money to a wallet, at once or, where the gateway uses a payment provider, once the checkout is paid.
   * With an idempotency key that has been used, nothing is added: the first answer comes again, with `replayed: true`.
   * @param amount US dollars
   */
  async topupOrg(
    id: string,
    amount: number | ({ amount: number } & TopupOptions),
    options: TopupOptions = {},
  ): Promise<(wire.Topup & { replayed?: true }) | wire.PendingTopup> {
    const { amount: dollars, ...rest } = typeof amount === "number" ? { amount } : amount;
    const { idempotencyKey, ...call }: TopupOptions = { ...rest, ...options };
    const { value, response } = await this.http.answer<wire.Topup | wire.PendingTopup>({
      ...{ method: "POST", path: at`/orgs/${id}/topup`, body: { amount: dollars }, once: true },
      ...{ headers: { "idempotency-key": idempotencyKey }, ...call },
    });
    const isReplayed = idempotencyKey !== undefined && response.headers.get("idempotency-replayed") === "true";
    return isReplayed ? { ...value, replayed: true } : value;
  }

  changeOrgTier(id: string, tier: wire.Tier, call?: CallOptions): Promise<wire.TierChange> {
    return this.http.json({ method: "POST", path: at`/orgs/${id}/tier`, body: { tier }, ...call });
  }

  /** What has moved a wallet, newest first, with the balance after each. */
  listOrgEntries(id: string, options?: BeforeOptions): Promise<Page<wire.WalletEntry>> {
    return this.http.json({ path: at`/orgs/${id}/entries`, ...asked(options) });
  }

  /** All of it, each as it is taken. */
  entries(orgId: string, call?: CallOptions): AsyncGenerator<wire.WalletEntry, void> {
    return this.http.each({ path: at`/orgs/${orgId}/entries`, ...call });
  }

  /** What is put aside for calls under way; what lapses first before the rest. */
  listOrgHolds(id: string, options?: BeforeOptions): Promise<Page<wire.WalletHold>> {
    return this.http.json({ path: at`/orgs/${id}/holds`, ...asked(options) });
  }

  /** All of it, each as it is taken. */
  holds(orgId: string, call?: CallOptions): AsyncGenerator<wire.WalletHold, void> {
    return this.http.each({ path: at`/orgs/${orgId}/holds`, ...call });
  }
}
