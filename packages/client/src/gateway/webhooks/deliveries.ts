import type * as wire from "@agentgate/protocol";
import {
  asked,
  at,
  type BeforeOptions,
  type CallOptions,
  GatewayRoom,
  type Page,
  toWireFields,
} from "../http/index.ts";

/** Which deliveries of webhooks. */
export interface WebhookDeliveryFilter extends CallOptions {
  endpointId?: string | undefined;
  agentId?: string | undefined;
  event?: string | undefined;
  status?: wire.WebhookDeliveryStatus | undefined;
}

export interface WebhookDeliveryOptions extends WebhookDeliveryFilter, BeforeOptions {}

/** Which deliveries are sent again. */
export interface WebhookResend {
  /** ISO 8601: those written then or later. */
  from: string;
  /** Before then; by default until now. */
  to?: string | undefined;
  /** By default those that failed. */
  status?: "failed" | "delivered" | undefined;
  /** `next` of the answer before. */
  after?: string | undefined;
}

/** What was and is to be told. */
export abstract class WebhookDeliveryCalls extends GatewayRoom {
  /** A page of what was and is to be told, newest first; `next` goes back as `before`. */
  listWebhookDeliveries(options?: WebhookDeliveryOptions): Promise<Page<wire.WebhookDelivery>> {
    return this.http.json({ path: "/webhooks/deliveries", ...asked(options) });
  }

  /** All of it, each as it is taken. */
  webhookDeliveries(filter?: WebhookDeliveryFilter): AsyncGenerator<wire.WebhookDelivery, void> {
    return this.http.each({ path: "/webhooks/deliveries", ...asked(filter) });
  }

  getWebhookDelivery(id: string, call?: CallOptions): Promise<wire.WebhookDeliveryDetails> {
    return this.http.json({ path: at`/webhooks/deliveries/${id}`, ...call });
  }

  /** Tells it again, under the id it had; one that waits is tried now. */
  sendWebhookAgain(id: string, call?: CallOptions): Promise<wire.WebhookDeliveryDetails> {
    return this.http.json({ method: "POST", path: at`/webhooks/deliveries/${id}/resend`, ...call });
  }

  /** The same for all of an endpoint's of a time, a thousand or fewer at once: `next` goes back as `after`. */
  sendWebhooksAgain(
    endpointId: string,
    range: WebhookResend,
    call?: CallOptions,
  ): Promise<{ resent: number; next: string | null }> {
    const body = toWireFields({ ...range, endpointId });
    return this.http.json({ method: "POST", path: "/webhooks/deliveries/resend", body, ...call });
  }
}
