import { microDollarsToNumber } from "@agentgate/protocol";
import { Problem } from "../http/index.ts";
import type { Admitted } from "./admission.ts";
import { limitHeaders } from "./admission-refusals.ts";
import type { AgentFailure } from "./agent-protocol.ts";
import type { Receipt } from "./payment.ts";
import { failureHeaders } from "./protocols/failures.ts";
import { TRACE_HEADER } from "./task-spans.ts";

/** The answer to a task. */
export interface TaskAnswer {
  /** JSON. */
  body: string;
  headers: Record<string, string>;
}

const UCP_VERSION = "2026-04-08";

/** Of which call an answer is. */
export interface AnsweredCall extends Pick<Admitted, "limit"> {
  traceId: string;
}

/** What every answer to a task tells, whatever it is. */
export const callHeaders = ({ limit, traceId }: AnsweredCall): Record<string, string> => ({
  ...limitHeaders(limit),
  [TRACE_HEADER]: traceId,
});

export const answerHeaders = (call: AnsweredCall) => ({
  ...callHeaders(call),
  "content-type": "application/json",
});

/** An answer as it is kept for repetitions. */
export const stored = (body: string) => ({ status: 200, body });

/** What is kept of an answer that was paid for and whose caller left before the whole of it was there. */
export const unfinished = { status: 410, body: "null" };

/** What a repetition is told of such an answer. */
export const answerNotKept = (headers: Record<string, string>): Problem =>
  new Problem(
    410,
    "The first request under this Idempotency-Key was charged: its caller left when a part of the answer had been delivered, and the rest does not exist. Send it under a new key to have it done, and charged, once more",
    { code: "answer_not_kept", headers },
  );

/** A priced agent's answer: its JSON as it is, beside what the task cost (contract section 4). */
export function pricedBody(
  { agent, skillId }: Pick<Admitted, "agent" | "skillId">,
  result: string,
  receipt: Receipt | null,
): string {
  const ucp = {
    version: UCP_VERSION,
    capability: "dev.ucp.shopping.checkout",
    agent_id: agent.id,
    ...(skillId !== undefined && { skill: skillId }),
    price_per_task: microDollarsToNumber(agent.pricePerTask),
    currency: "USD",
    transaction_id: receipt?.transactionId ?? null,
    balance: receipt ? microDollarsToNumber(receipt.balance) : null,
  };
  return `{"result":${result},"ucp":${JSON.stringify(ucp)}}`;
}

/** What the caller is told of an agent that failed. */
export function failureProblem(failure: AgentFailure, call: AnsweredCall): Problem {
  const { status, detail, logged, members } = failure;
  return new Problem(status, detail, {
    code: `agent_${logged}`,
    headers: { ...callHeaders(call), ...failureHeaders(failure) },
    ...(members && { members }),
  });
}
