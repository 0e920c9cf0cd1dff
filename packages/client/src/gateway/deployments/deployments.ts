import type * as wire from "@agentgate/protocol";
import { asked, at, type CallOptions, GatewayRoom } from "../http/index.ts";

export interface DeployFields {
  name?: string | undefined;
  description?: string | undefined;
  version?: string | undefined;
}

/** Agents that come as archives. */
export abstract class DeploymentCalls extends GatewayRoom {
  /** @param archive a `.tar.gz` of the agent's directory */
  deployAgent(archive: Blob, fields: DeployFields = {}, call?: CallOptions): Promise<wire.Deployment> {
    const form = new FormData();
    // The gateway reads the fields before the file.
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value);
    form.set("file", archive, "agent.tar.gz");
    return this.http.json({ method: "POST", path: "/deploy/", body: form, ...call });
  }

  getDeployment(agentId: string, call?: CallOptions): Promise<wire.DeploymentStatus> {
    return this.http.json({ path: at`/deploy/${agentId}/status`, ...call });
  }

  /** @param options.tail how many lines from the end, 100 by default */
  getDeploymentLogs(agentId: string, options?: CallOptions & { tail?: number }): Promise<wire.DeploymentLogs> {
    return this.http.json({ path: at`/deploy/${agentId}/logs`, ...asked(options) });
  }

  /** What an agent has written, line by line, and what it writes until the loop is left. */
  async *followDeploymentLogs(
    agentId: string,
    options?: CallOptions & { tail?: number },
  ): AsyncGenerator<string, void> {
    const request = { path: at`/deploy/${agentId}/logs`, ...asked({ ...options, follow: 1 }) };
    for await (const { event, data } of this.http.events(request)) if (event === "log") yield data;
  }

  listDeploymentSecrets(agentId: string, call?: CallOptions): Promise<wire.DeploymentSecrets> {
    return this.http.json({ path: at`/deploy/${agentId}/secrets`, ...call });
  }

  /** Sets environment variables of a deployed agent, kept encrypted; null forgets one. A running agent is replaced by one that has them. */
  setDeploymentSecrets(
    agentId: string,
    changes: Readonly<Record<string, string | null>>,
    call?: CallOptions,
  ): Promise<wire.DeploymentSecrets> {
    return this.http.json({ method: "PUT", path: at`/deploy/${agentId}/secrets`, body: changes, ...call });
  }

  undeployAgent(agentId: string, call?: CallOptions): Promise<{ status: "undeployed"; agent_id: string }> {
    return this.http.json({ method: "DELETE", path: at`/deploy/${agentId}`, ...call });
  }
}
