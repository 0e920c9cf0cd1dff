import type * as wire from "@agentgate/protocol";
import { asked, at, type BeforeOptions, type CallOptions, GatewayRoom, type Page } from "../http/index.ts";

/** What waits, or was decided. */
export interface ApprovalFilter extends CallOptions {
  /** By default what waits. */
  state?: "pending" | "rejected" | "suspended" | undefined;
  kind?: "agent" | "change" | undefined;
  /** Only agents of this organization. */
  orgId?: string | undefined;
}

export interface ApprovalOptions extends ApprovalFilter, BeforeOptions {}

/** What the admin decides of agents. */
export abstract class ApprovalCalls extends GatewayRoom {
  /** A page of what waits until the admin approves it, newest first; `next` goes back as `before`. */
  listApprovals(options?: ApprovalOptions): Promise<Page<wire.AgentApprovalEntry>> {
    return this.http.json({ path: "/approvals", ...asked(options) });
  }

  /** All of it, each as it is taken. */
  approvals(filter?: ApprovalFilter): AsyncGenerator<wire.AgentApprovalEntry, void> {
    return this.http.each({ path: "/approvals", ...asked(filter) });
  }

  /**
   * Approves an agent, or the change of it that waits.
   *
   * @param expected the `version` that was shown: nothing else is approved
   * @throws {@link GatewayError} 409 when something else waits by now
   */
  approveAgent(id: string, expected: string, reason?: string, call?: CallOptions): Promise<wire.Agent> {
    return this.http.json({ method: "POST", path: at`/agents/${id}/approve`, body: { expected, reason }, ...call });
  }

  /** Refuses an agent, or the change of it that waits; the owner is told why. */
  rejectAgent(id: string, reason: string, expected?: string, call?: CallOptions): Promise<wire.Agent> {
    return this.http.json({ method: "POST", path: at`/agents/${id}/reject`, body: { expected, reason }, ...call });
  }

  /** Nobody calls the agent any more, on any node within a second. */
  suspendAgent(id: string, reason: string, call?: CallOptions): Promise<wire.Agent> {
    return this.http.json({ method: "POST", path: at`/agents/${id}/suspend`, body: { reason }, ...call });
  }

  resumeAgent(id: string, reason?: string, call?: CallOptions): Promise<wire.Agent> {
    return this.http.json({ method: "POST", path: at`/agents/${id}/resume`, body: { reason }, ...call });
  }
}
