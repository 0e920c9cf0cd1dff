import { z } from "zod";
import { entrances } from "./entry.ts";

export const usageTag = { name: "Usage", description: "What was called, how often, and how it went" };

/** A row of the log on the wire (contract section 2, LogEntry). */
export const wireLogEntry = z
  .object({
    id: z.uuid(),
    request_id: z.string().nullable().describe("`X-Request-Id` of the answer that the caller got"),
    agent_id: z.uuid(),
    agent_name: z.string(),
    caller_ip: z.string(),
    task_id: z.string().nullable(),
    status: z.enum(["success", "error"]),
    error_detail: z.string().nullable(),
    latency_ms: z.number().describe("From the call's arrival to its answer"),
    created_at: z.iso.datetime(),
    org_id: z.uuid().nullable().describe("Who owned the agent at the time"),
    payer_org_id: z.uuid().nullable(),
    entrance: z.enum(entrances).nullable(),
    protocol: z.enum(["plain", "a2a", "mcp", "site"]).nullable().describe("What the agent speaks"),
    http_status: z.int().nullable().describe("What the caller was answered with; on a stream, what it would have been"),
    agent_ms: z.number().nullable().describe("What of `latency_ms` the agent took"),
    first_byte_ms: z.number().nullable().describe("From the call's arrival to the first byte of the agent's answer"),
    event_count: z.int().nullable().describe("Events of the agent's answer; null when it was no stream"),
    context_id: z.string().nullable().describe("The A2A context"),
    key_id: z.uuid().nullable().describe("The key made for something that the caller showed"),
    request_bytes: z.int().nullable(),
    response_bytes: z.int().nullable().describe("What the agent answered"),
    price: z
      .number()
      .nullable()
      .describe("What was paid, in US dollars; 0 when nothing was, null when it is not known"),
    transaction_id: z.uuid().nullable().describe("Of the payment"),
    trace_id: z.string().nullable().describe("Of the W3C trace"),
    parent_id: z.uuid().nullable().describe("The call whose agent made this one, as it says"),
    skill: z.string().nullable().describe("The skill that the task named, which is what was paid for"),
  })
  .meta({ id: "LogEntry" });
