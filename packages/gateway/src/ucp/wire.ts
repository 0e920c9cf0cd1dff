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
