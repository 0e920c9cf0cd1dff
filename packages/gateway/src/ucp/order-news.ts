import type { Random } from "../runtime/index.ts";
import type { Statement } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import type { Negotiated } from "./envelope.ts";
import type { Order } from "./order.ts";
import { orderView } from "./order-view.ts";
import { renderJson } from "./raw-json.ts";
import { signedWebhook } from "./signing.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { SHOPPING } from "./versions.ts";

export interface OrderNewsOptions {
  webhooks: WebhooksRoom;
  keys: SigningKeys;
  random: Random;
  publicUrl(): string;
}

/** What these deliveries are called among webhooks. */
const SENDER = "ucp";
const EVENT = "ucp.order";

/** Tells platforms of orders: the whole order at each change, signed, as often as it takes. */
export class OrderNews {
  readonly #options: OrderNewsOptions;

  constructor(options: OrderNewsOptions) {
    this.#options = options;
    const { webhooks, keys, publicUrl } = options;
    webhooks.addSender(SENDER, {
      headers: ({ id, url, body, createdAt }) =>
        signedWebhook(keys, { id, url, body, createdAt, gatewayUrl: publicUrl() }),
    });
  }

  /** Statements that write down what a platform is to be told of an order as it is now, to be committed with what made it so. */
  of(order: Order): Statement[] {
    const { webhooks, random, publicUrl } = this.#options;
    const { webhookUrl, version, payerOrgId } = order.terms;
    if (webhookUrl === undefined) return [];
    const agreed: Negotiated = { version, capabilities: { [`${SHOPPING}.order`]: [{ version }] } };
    const body = renderJson(random, (raw) => orderView(order, agreed, { url: publicUrl(), raw }));
    return webhooks.announcer.send({
      sender: SENDER,
      url: webhookUrl,
      event: EVENT,
      orgId: payerOrgId,
      agentId: null,
      body,
    });
  }
}
