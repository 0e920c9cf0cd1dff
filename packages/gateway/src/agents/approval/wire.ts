import { renderTimestamp } from "../../runtime/index.ts";
import type { ApprovalRecord } from "./approvals.ts";
import { changesOf, type Proposal, versionOf } from "./change.ts";

/** What waits or was refused, beside the agent's record: `pending` or `rejected`. */
export const toWireProposal = (proposal: Proposal | undefined) =>
  proposal && {
    [proposal.state]: {
      kind: proposal.kind,
      version: versionOf(proposal),
      reason: proposal.reason,
      since: renderTimestamp(proposal.since),
      changes: changesOf(proposal),
    },
  };

export function toWireEntry({ agent, kind, proposal }: ApprovalRecord & { kind: Proposal["kind"] }) {
  const { state, reason, since } = proposal ?? agent.approval;
  return {
    agent_id: agent.id,
    agent_name: (proposal?.after.agent ?? agent).name,
    org_id: agent.orgId,
    kind,
    state,
    reason,
    since: renderTimestamp(since ?? agent.createdAt),
    version: proposal ? versionOf(proposal) : null,
    changes: proposal ? changesOf(proposal) : [],
  };
}
