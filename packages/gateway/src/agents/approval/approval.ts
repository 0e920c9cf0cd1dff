import type { Micros } from "../../runtime/index.ts";

/** Whose words about agents need approval: nobody's, those of organizations about new agents, or also about changes. */
export const approvalModes = ["off", "new", "changes"] as const;
export type ApprovalMode = (typeof approvalModes)[number];

/** Of the agent itself. Only one that is approved is called, and told of to others than its owner. */
export const approvalStates = ["pending", "approved", "rejected", "suspended"] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** What was decided of an agent. */
export interface Approval {
  readonly state: ApprovalState;
  /** In the words of whoever decided. */
  readonly reason: string | null;
  /** Since when it is so; null where nobody was ever asked. */
  readonly since: Micros | null;
  /** What became of the last change of an agent that was approved before: it waits, or was refused; null for neither. */
  readonly change: "pending" | "rejected" | null;
}

/** Of an agent about which nobody was ever asked. */
export const APPROVED: Approval = { state: "approved", reason: null, since: null, change: null };

/** Whether the agent is there for others than its owner: called, listed, found, bought. */
export const isServing = ({ approval }: { readonly approval: Approval }): boolean => approval.state === "approved";
