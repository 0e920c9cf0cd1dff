import type { MicroDollars } from "@agentgate/protocol";
import type { KeyLimits } from "../access/index.ts";
import type { Entrance } from "../call-log/index.ts";
import type { Reference } from "../ledger/index.ts";
import type { Statement } from "../storage/index.ts";
import type { Looked } from "./looked.ts";

/** What was agreed on before the task came: no key is asked for, and what the agent costs by now is of no interest. */
export interface Purchase {
  payerOrgId: string;
  price: MicroDollars;
  /** What the key that bought it may do per second; it may have ended since. */
  key?: Pick<KeyLimits, "keyId" | "rate"> | undefined;
  /** Texts to find the transaction again by. */
  reference: Reference;
  /** Statements that are committed with the payment, or not at all. @param result the agent's JSON */
  settled(done: { result: string; transactionId: string }): Statement[];
}

/** Who sends a task where, as the entrance's headers tell. */
export interface TaskCaller {
  agentId: string;
  /** Key of the Authorization header. */
  bearer: string | undefined;
  /** Key of X-AgentGate-Payer-Key. */
  payerKey: string | undefined;
  /** The address in its one spelling. */
  clientIp: string;
  requestId: string;
  traceparent: string | undefined;
  tracestate: string | undefined;
  /** Value of X-AgentGate-Chain, when an agent calls back. */
  chain: string | undefined;
  idempotencyKey: string | undefined;
  purchase?: Purchase | undefined;
}

/** A task as it arrived, whatever the entrance. */
export interface TaskRequest extends TaskCaller {
  /** Who its caller is, where its entrance has found that out for this very request: it is not found out again. */
  looked?: Looked | undefined;
  /** The task object. */
  task: Record<string, unknown>;
  /** Its JSON, to be forwarded. */
  body: string;
  /** By which entrance it came, as the log tells it. */
  entrance: Entrance;
  /** Told the name of its trace, before anything else. */
  onTrace?: ((traceId: string) => void) | undefined;
  /** What an A2A client asks for, by the name of version 1.0. */
  operation?: string | undefined;
  /** What its Idempotency-Key must come with again, beside agent and body: entrances that answer alike share a word. */
  answersAs?: string | undefined;
  /** Told in words how far the agent is, where it says so. */
  onProgress?: ((text: string) => void) | undefined;
  /** Largest answer that this caller takes, in bytes, where that is less than what the gateway does. */
  answerBytesMax?: number | undefined;
}

const NAME_LENGTH_MAX = 255;

/** The caller's name for the task, as the log keeps it. */
export function taskIdOf({ id }: Record<string, unknown>): string | null {
  if (typeof id !== "string" && typeof id !== "number") return null;
  return loggable(`${id}`);
}

/** A caller's or agent's name for something, as the log keeps it. */
export const loggable = (name: string): string => name.slice(0, NAME_LENGTH_MAX).replaceAll("\0", "").toWellFormed();
