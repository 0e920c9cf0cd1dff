import type { AgentApproval } from "@agentgate/client";
import { en } from "../messages/en.ts";
import { State, type StateName } from "./state.tsx";

const SHAPES: Record<AgentApproval["state"], StateName> = {
  approved: "ok",
  pending: "slow",
  rejected: "failed",
  suspended: "failed",
};

/** Whether an agent is called, and whether something of it waits. Agents about which nobody was asked have no approval, and are called. */
export function AgentState({ approval }: { approval: AgentApproval | undefined }) {
  if (!approval) return <State is="ok" word={en.agentStates.approved} />;
  const { state, change } = approval;
  if (state === "approved" && change === "pending") return <State is="slow" word={en.agentStates.changeWaits} />;
  return <State is={SHAPES[state]} word={en.agentStates[state]} />;
}
