import { renderTimestamp } from "../../runtime/index.ts";
import { APPROVED, type Approval } from "./approval.ts";

/** What that means to the agent's owner. */
const DETAILS: Record<Approval["state"], string> = {
  pending: "This agent waits for approval by the gateway's operator; until then nobody can call it",
  approved: "This agent is approved",
  rejected: "This agent was not approved, and nobody can call it; change it, and it waits for approval again",
  suspended: "This agent was suspended by the gateway's operator: nobody can call it",
};
const CHANGE_DETAILS = {
  pending: "a change of it waits for approval, and it serves as it was until then",
  rejected: "its last change was not approved, and it serves as it was",
} as const;

const detailOf = ({ state, change }: Approval): string =>
  change === null ? DETAILS[state] : `${DETAILS[state]}; ${CHANGE_DETAILS[change]}`;

const toWireApproval = (approval: Approval) => ({
  state: approval.state,
  reason: approval.reason,
  since: approval.since === null ? null : renderTimestamp(approval.since),
  change: approval.change,
  detail: detailOf(approval),
});

/** What its owner and the admin are told of an agent about which somebody was asked. */
export const approvalMember = ({ approval }: { readonly approval: Approval }) =>
  approval === APPROVED ? {} : { approval: toWireApproval(approval) };

/** Why an agent is not called, to whoever may know that there is one. */
export const refusalOf = ({ approval }: { readonly approval: Approval }): { detail: string; code: string } => ({
  detail: approval.reason === null ? detailOf(approval) : `${DETAILS[approval.state]}. Reason: ${approval.reason}`,
  code: `agent_${approval.state}`,
});
