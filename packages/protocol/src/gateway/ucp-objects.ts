/** The objects of UCP as far as the gateway's answers have them; more members may be there. Amounts in cents. */

/** The release of the protocol, and what of it bears on the answer. */
export interface UcpEnvelope {
  version: string;
  status?: "success" | "error" | undefined;
  capabilities?: Record<string, { version: string; [member: string]: unknown }[]> | undefined;
  [member: string]: unknown;
}

export interface UcpMessage {
  type: "error" | "warning" | "info";
  code?: string | undefined;
  content: string;
  severity?: "recoverable" | "requires_buyer_input" | "requires_buyer_review" | "unrecoverable" | undefined;
  path?: string | undefined;
  [member: string]: unknown;
}

/** A business outcome without a resource: `messages` says why. */
export interface UcpFailure {
  ucp: UcpEnvelope;
  messages: UcpMessage[];
}

interface UcpPrice {
  amount: number;
  currency: string;
}

/** An agent that is for sale; its variant is what a checkout takes as `item.id`. */
export interface UcpShopProduct {
  id: string;
  title: string;
  description: Record<string, unknown>;
  price_range: { min: UcpPrice; max: UcpPrice };
  variants: { id: string; title: string; price: UcpPrice; [member: string]: unknown }[];
  [member: string]: unknown;
}

export interface UcpProductPage {
  ucp: UcpEnvelope;
  products: UcpShopProduct[];
  pagination?: { has_next_page: boolean; cursor?: string | undefined } | undefined;
  messages?: UcpMessage[] | undefined;
  [member: string]: unknown;
}

export interface UcpProductDetail {
  ucp: UcpEnvelope;
  product: UcpShopProduct;
  [member: string]: unknown;
}

interface UcpTotal {
  type: string;
  amount: number;
  [member: string]: unknown;
}

interface UcpItem {
  id: string;
  title: string;
  price: number;
  [member: string]: unknown;
}

export interface UcpCheckout {
  ucp: UcpEnvelope;
  id: string;
  status: "incomplete" | "ready_for_complete" | "complete_in_progress" | "completed" | "canceled";
  currency: string;
  line_items: { id: string; item: UcpItem; quantity: number; totals: UcpTotal[]; [member: string]: unknown }[];
  totals: UcpTotal[];
  links: unknown[];
  messages: UcpMessage[];
  expires_at: string;
  /** The wallets that it can be paid from: one of them goes back to complete it. */
  payment?: { instruments: UcpInstrument[]; [member: string]: unknown } | undefined;
  order?: { id: string; permalink_url: string; [member: string]: unknown } | undefined;
  [member: string]: unknown;
}

export interface UcpInstrument {
  id: string;
  handler_id: string;
  type: string;
  [member: string]: unknown;
}

export interface UcpOrder {
  ucp: UcpEnvelope;
  id: string;
  checkout_id: string;
  permalink_url: string;
  line_items: {
    id: string;
    item: UcpItem;
    quantity: { total: number; fulfilled: number; [member: string]: unknown };
    totals: UcpTotal[];
    status: "processing" | "partial" | "fulfilled" | "removed";
    [member: string]: unknown;
  }[];
  fulfillment: {
    expectations: Record<string, unknown>[];
    events: Record<string, unknown>[];
    [member: string]: unknown;
  };
  adjustments?: Record<string, unknown>[] | undefined;
  currency: string;
  totals: UcpTotal[];
  [member: string]: unknown;
}

/** What the gateway tells platforms of itself. */
export interface UcpProfile {
  ucp: {
    version: string;
    services: Record<string, { version: string; transport: string; [member: string]: unknown }[]>;
    capabilities: Record<string, { version: string; [member: string]: unknown }[]>;
    payment_handlers: Record<string, { id: string; version: string; [member: string]: unknown }[]>;
    [member: string]: unknown;
  };
  [member: string]: unknown;
}
