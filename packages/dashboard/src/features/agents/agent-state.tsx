import type { Agent } from "@agentgate/client";
import { en } from "../../messages/en.ts";
import { State } from "../../ui/state.tsx";

/** Whether it may be called, and if so, whether it answers. */
export function AgentState({
  agent: { approval },
  health,
}: {
  agent: Pick<Agent, "approval">;
  health: "healthy" | "unhealthy" | "unknown" | undefined;
}) {
  if (approval && approval.state !== "approved") {
    return <State is={approval.state === "pending" ? "slow" : "failed"} word={en.agents.approvals[approval.state]} />;
  }
  if (health === "healthy") return <State is="ok" word={en.states.healthy} />;
  if (health === "unhealthy") return <State is="failed" word={en.states.unhealthy} />;
  return <State is="unknown" />;
}
