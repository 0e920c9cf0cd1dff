import { renderTimestamp } from "../runtime/index.ts";
import { orgIdOf } from "./buyer.ts";
import { centsOf, type Line, totalOf } from "./checkout.ts";
import type { Seen } from "./checkouts.ts";
import { envelope, type Negotiated } from "./envelope.ts";
import { vendorNamesOf } from "./namespace.ts";
import { CURRENCY } from "./product.ts";
import { INSUFFICIENT } from "./readiness.ts";
import { type Raw, tasksOf } from "./run-view.ts";
import { paymentHandlers, type TopupUrl, walletInstrument } from "./wallet.ts";

export interface ViewOptions {
  url: string;
  topupUrl: TopupUrl;
  raw: Raw;
}

export const subtotalAndTotal = (amount: number) => [
  { type: "subtotal", amount },
  { type: "total", amount },
];

/** A checkout on the wire. */
export function checkoutView(seen: Seen, agreed: Negotiated, options: ViewOptions): object {
  const { checkout, order, status, messages, available } = seen;
  const { url, topupUrl } = options;
  const { id, owner, lines, remarks, expiresAt } = checkout;
  const names = vendorNamesOf(url);
  const instrument = walletInstrument(owner, available);
  const orgId = orgIdOf(owner);
  const isShort = messages.some(({ code }) => code === INSUFFICIENT);
  const continueUrl = isShort && orgId !== undefined ? topupUrl(orgId, totalOf(lines) - (available ?? 0n)) : undefined;
  const inExtension = (line: Line) => {
    const told = order ? tasksOf(order, line.id, options) : undefined;
    const given = typeof line.given === "object" ? line.given : {};
    return line.given === undefined && !told ? {} : { [names.task]: { ...given, ...told } };
  };
  return {
    ucp: { ...envelope(agreed), payment_handlers: paymentHandlers(names, url) },
    id,
    status,
    currency: CURRENCY,
    line_items: lines.map((line) => ({
      id: line.id,
      item: { id: line.itemId, title: line.title, price: line.cents },
      quantity: line.quantity,
      totals: subtotalAndTotal(line.cents * line.quantity),
      ...inExtension(line),
    })),
    totals: subtotalAndTotal(centsOf(lines)),
    links: [],
    messages,
    expires_at: renderTimestamp(expiresAt),
    ...remarks,
    ...(continueUrl !== undefined && { continue_url: continueUrl }),
    ...(instrument && { payment: { instruments: [instrument] } }),
    ...(order && { order: { id: order.id, permalink_url: permalinkOf(url, order.id) } }),
  };
}

export const permalinkOf = (url: string, orderId: string): string => `${url}/ucp/v1/orders/${orderId}`;
