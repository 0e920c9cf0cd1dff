import type { KeyLimits } from "../access/index.ts";
import type { Micros } from "../runtime/index.ts";
import type { Failure, Line, Remarks } from "./checkout.ts";
import type { UcpVersion } from "./versions.ts";

/** What an order was placed with; it never changes. */
export interface OrderTerms {
  lines: readonly Line[];
  attribution?: Remarks["attribution"];
  payerOrgId: string;
  /** What the key that it was completed with may do per second: its tasks are among these. */
  key?: Pick<KeyLimits, "keyId" | "rate"> | undefined;
  /** The buyer's address, and the chain of calls that it is part of. */
  clientIp: string;
  requestId: string;
  chain?: string | undefined;
  traceparent?: string | undefined;
  tracestate?: string | undefined;
  /** The release that the platform speaks, and where it wants to be told. */
  version: UcpVersion;
  webhookUrl?: string | undefined;
}

/** One task of an order. */
export interface Run {
  readonly id: string;
  /** Among all of the order's. */
  readonly position: number;
  /** Id of its line. */
  readonly line: string;
  readonly agentId: string;
  readonly state: "waiting" | "done" | "failed";
  readonly finishedAt: Micros | null;
  readonly transactionId: string | null;
  readonly error: Failure | null;
  readonly resultBytes: number;
  /** The agent's JSON, where it was asked for and is small enough to be told beside others. */
  readonly result: string | null;
}

export interface Order {
  readonly id: string;
  readonly checkoutId: string;
  readonly owner: string;
  readonly phase: "placing" | "placed";
  readonly isDone: boolean;
  readonly revision: bigint;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
  readonly terms: OrderTerms;
  readonly runs: readonly Run[];
}

/** Whether nothing came of any of its tasks. */
export const isCanceled = ({ isDone, runs }: Order): boolean => isDone && runs.every(({ state }) => state === "failed");
