import { z } from "zod";

/** The `ucp` member of every answer, for the documentation. */
export const wireEnvelope = z
  .looseObject({
    version: z.string(),
    status: z.enum(["success", "error"]).optional(),
    capabilities: z.record(z.string(), z.array(z.looseObject({ version: z.string() }))).optional(),
  })
  .meta({ id: "UcpEnvelope", description: "The release of the protocol, and what of it bears on the answer" });

const wholeMessage = z.looseObject({
  type: z.enum(["error", "warning", "info"]),
  code: z.string().optional(),
  content: z.string(),
  severity: z.enum(["recoverable", "requires_buyer_input", "requires_buyer_review", "unrecoverable"]).optional(),
});

const wireMessage = wholeMessage
  .extend({ path: z.string().optional().describe("JSONPath of what is meant") })
  .meta({ id: "UcpMessage", description: "What a caller is told beside the resource" });

export const wireNotice = z
  .looseObject({ type: z.literal("info"), code: z.string(), content: z.string() })
  .meta({ id: "UcpNotice", description: "What is not there of what was asked for" });

const wireWholeMessage = wholeMessage.meta({
  id: "UcpWholeMessage",
  description: "What is said of the whole resource",
});

export const wireError = z
  .looseObject({ ucp: wireEnvelope, messages: z.array(wireWholeMessage) })
  .meta({ id: "UcpErrorResponse", description: "A business outcome without a resource" });

export const wireUnmade = z
  .looseObject({ ucp: wireEnvelope, messages: z.array(wireMessage) })
  .meta({ id: "UcpUnmadeCheckout", description: "Why a checkout was not made" });

const wireTotals = z.array(z.looseObject({ type: z.string(), amount: z.int() })).describe("Cents");
const wireItem = z.looseObject({ id: z.string(), title: z.string(), price: z.int().describe("Cents") });

const checkout = z.looseObject({
  ucp: wireEnvelope,
  id: z.string(),
  status: z.enum(["incomplete", "ready_for_complete", "complete_in_progress", "completed", "canceled"]),
  currency: z.string(),
  line_items: z.array(z.looseObject({ id: z.string(), item: wireItem, quantity: z.int(), totals: wireTotals })),
  totals: wireTotals,
  links: z.array(z.unknown()),
  messages: z.array(wireMessage),
  expires_at: z.string(),
  payment: z
    .looseObject({
      instruments: z.array(z.looseObject({ id: z.string(), handler_id: z.string(), type: z.string() })),
    })
    .optional(),
});
const order = z.looseObject({ id: z.string(), permalink_url: z.string() }).optional();

export const wireCheckout = checkout.extend({ order }).meta({
  id: "UcpCheckout",
  description: "A checkout; a task's input and result stand on its line, under the gateway's extension",
});
export const wireMadeCheckout = checkout
  .extend({ status: z.enum(["incomplete", "ready_for_complete"]) })
  .meta({ id: "UcpMadeCheckout", description: "A checkout that was just made; nothing was ordered yet" });
export const wireCanceledCheckout = checkout.extend({ order, messages: z.array(wireWholeMessage) }).meta({
  id: "UcpCanceledCheckout",
  description: "A checkout that is canceled; or as it is, with why it cannot be",
});

export const wireOrder = z
  .looseObject({
    ucp: wireEnvelope,
    id: z.string(),
    checkout_id: z.string(),
    permalink_url: z.string(),
    line_items: z.array(
      z.looseObject({
        id: z.string(),
        item: wireItem,
        quantity: z.looseObject({ total: z.int(), fulfilled: z.int() }),
        totals: wireTotals,
        status: z.enum(["processing", "partial", "fulfilled", "removed"]),
      }),
    ),
    fulfillment: z.looseObject({ expectations: z.array(z.looseObject({})), events: z.array(z.looseObject({})) }),
    adjustments: z.array(z.looseObject({})).optional(),
    currency: z.string(),
    totals: wireTotals,
  })
  .meta({ id: "UcpOrder", description: "What was bought, and what came of it" });
