import type * as wire from "@agentgate/protocol";
import { asked, at, type BeforeOptions, type CallOptions, GatewayRoom, type Page } from "../http/index.ts";

/** What an organization buys, by whatever face. */
export abstract class PurchaseCalls extends GatewayRoom {
  /** What an organization has put into checkouts, newest first, of every face that makes them. */
  listOrgCheckouts(id: string, options?: BeforeOptions): Promise<Page<wire.ListedCheckout>> {
    return this.http.json({ path: at`/orgs/${id}/checkouts`, ...asked(options) });
  }

  /** All of them, each as it is taken. */
  checkouts(orgId: string, call?: CallOptions): AsyncGenerator<wire.ListedCheckout, void> {
    return this.http.each({ path: at`/orgs/${orgId}/checkouts`, ...call });
  }

  getOrgCheckout(id: string, checkoutId: string, call?: CallOptions): Promise<wire.CheckoutDetails> {
    return this.http.json({ path: at`/orgs/${id}/checkouts/${checkoutId}`, ...call });
  }

  /** @throws {@link GatewayError} 409 for one that is being completed, or is over */
  cancelOrgCheckout(id: string, checkoutId: string, call?: CallOptions): Promise<wire.CanceledCheckout> {
    return this.http.json({ method: "POST", path: at`/orgs/${id}/checkouts/${checkoutId}/cancel`, ...call });
  }

  /** What an organization has bought, newest first. */
  listOrgOrders(id: string, options?: BeforeOptions): Promise<Page<wire.ListedOrder>> {
    return this.http.json({ path: at`/orgs/${id}/orders`, ...asked(options) });
  }

  /** All of it, each as it is taken. */
  orders(orgId: string, call?: CallOptions): AsyncGenerator<wire.ListedOrder, void> {
    return this.http.each({ path: at`/orgs/${orgId}/orders`, ...call });
  }

  /** One of them, with each of its tasks. */
  getOrgOrder(id: string, orderId: string, call?: CallOptions): Promise<wire.OrderDetails> {
    return this.http.json({ path: at`/orgs/${id}/orders/${orderId}`, ...call });
  }
}
