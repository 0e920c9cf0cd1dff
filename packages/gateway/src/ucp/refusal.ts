import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { Problem } from "../http/index.ts";

/** An error of the transport or the protocol (ucp.dev, overview, error handling): no business outcome, which is a 200. */
export const wireRefusal = z
  .object({
    code: z.string().describe("A stable name for programs"),
    content: z.string().describe("What was wrong, and what to do"),
    continue_url: z.string().optional(),
  })
  .meta({ id: "UcpError", description: "An error of the protocol; business outcomes are answers with `messages`" });

/** The frame's names, in the protocol's words. */
const codes: Readonly<Record<string, string>> = {
  validation_failed: "invalid_request",
  unprocessable_content: "invalid_request",
  bad_request: "invalid_request",
  unauthorized: "unauthenticated",
  invalid_api_key: "unauthenticated",
  key_expired: "unauthenticated",
  key_disabled: "unauthenticated",
  insufficient_scope: "forbidden",
  budget_exceeded: "forbidden",
  agent_not_allowed: "forbidden",
  address_not_allowed: "forbidden",
  per_call_max_exceeded: "forbidden",
  too_many_requests: "rate_limited",
  content_too_large: "payload_too_large",
  idempotency_mismatch: "idempotency_key_reused",
  service_unavailable: "unavailable",
  internal_server_error: "internal_error",
};
/** The protocol says 409 where the gateway's own routes say 422. */
const statuses: Readonly<Record<string, number>> = { idempotency_mismatch: 409 };

export const refusal = (status: number, code: string, content: string, headers: Record<string, string> = {}): Problem =>
  new Problem(status, content, { code, headers });

export const codeOf = ({ code }: Problem): string => codes[code] ?? code;
export const statusOf = ({ code, status }: Problem): number => statuses[code] ?? status;

/** Says an error as `{code, content}`. */
export function refuse(problem: Problem, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const code = codeOf(problem);
  reply.code(statusOf(problem)).headers(problem.headers);
  reply.refusal = code;
  return reply.type("application/json").send(JSON.stringify({ code, content: problem.message }));
}
