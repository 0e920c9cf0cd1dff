import type { MicroDollars } from "@agentgate/protocol";
import type { Agent } from "../agents/index.ts";

/** What a paid task costs whom. */
export interface Charge {
  callId: string;
  agent: Agent;
  payerOrgId: string;
  taskId: string | null;
  /** Until when the outcome is certain to be known, in milliseconds since the epoch; later the hold resolves itself. */
  deadlineMs: number;
}

export interface Receipt {
  transactionId: string;
  /** The payer's money after the charge. */
  balance: MicroDollars;
}

/** Money put aside for one task; ends in exactly one of its two ways. */
export interface Hold {
  /** Pays the agent's owner and the platform. */
  settle(): Promise<Receipt>;
  /** Gives the money back. */
  release(): Promise<void>;
}

/** Takes money for tasks. */
export interface Payments {
  /** @throws Problem 402 when the payer's balance does not cover the price. */
  reserve(charge: Charge): Promise<Hold>;
}
