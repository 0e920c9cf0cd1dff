/** What was decided of an agent, as its owner and the admin see it. */
export interface AgentApproval {
  /** Only an approved agent is called, and seen by others than its owner. */
  state: "pending" | "approved" | "rejected" | "suspended";
  /** In the words of whoever decided. */
  reason: string | null;
  since: string | null;
  /** What became of the last change of an approved agent; null when none waits or was refused. */
  change: "pending" | "rejected" | null;
  /** What that means, in a sentence. */
  detail: string;
}

/** A difference: a field as the agent's record names it, or `card` with a JSON pointer into the card. */
export interface AgentFieldChange {
  field: string;
  /** Absent of what is added. */
  before?: unknown;
  /** Absent of what is removed. */
  after?: unknown;
}

/** What waits for approval, or was refused. */
export interface AgentProposal {
  /** The agent itself, which was never approved, or a change of one that was. */
  kind: "agent" | "change";
  /** Names exactly this: whoever approves says it. */
  version: string;
  reason: string | null;
  since: string;
  changes: AgentFieldChange[];
}

/** One of what there is to decide about. */
export interface AgentApprovalEntry extends Omit<AgentProposal, "version"> {
  agent_id: string;
  agent_name: string;
  org_id: string | null;
  state: "pending" | "rejected" | "suspended";
  /** Null of a suspended agent. */
  version: string | null;
}
