import { z } from "zod";

/** The `ucp` member of every answer, for the documentation. */
export const wireEnvelope = z
  .looseObject({
    version: z.string(),
    status: z.enum(["success", "error"]).optional(),
    capabilities: z.record(z.string(), z.array(z.looseObject({ version: z.string() }))).optional(),
  })
  .meta({ id: "UcpEnvelope", description: "The release of the protocol, and what of it bears on the answer" });

export const wireMessage = z
  .looseObject({
    type: z.enum(["error", "warning", "info"]),
    code: z.string().optional(),
    content: z.string(),
    severity: z.enum(["recoverable", "requires_buyer_input", "requires_buyer_review", "unrecoverable"]).optional(),
    path: z.string().optional(),
  })
  .meta({ id: "UcpMessage", description: "What a caller is told beside the resource" });

export const wireError = z
  .looseObject({ ucp: wireEnvelope, messages: z.array(wireMessage) })
  .meta({ id: "UcpErrorResponse", description: "A business outcome without a resource" });

const wireTotals = z.array(z.looseObject({ type: z.string(), amount: z.int() })).describe("Cents");
const wireItem = z.looseObject({ id: z.string(), title: z.string(), price: z.int().describe("Cents") });

export const wireCheckout = z
  .looseObject({
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
    order: z.looseObject({ id: z.string(), permalink_url: z.string() }).optional(),
  })
  .meta({
    id: "UcpCheckout",
    description: "A checkout; a task's input and result stand on its line, under the gateway's extension",
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
