import type { AgentApproval } from "./approval.ts";

/** The answer to uploading an agent's archive (contract section 9). */
export interface Deployment {
  id: string;
  name: string;
  description: string;
  version: string;
  url: string;
  port: number | null;
  container_id: string | null;
  deployed: boolean;
  card_url: string;
  task_url: string;
  /** Of an agent about which somebody was asked. */
  approval?: AgentApproval;
}

export interface DeploymentStatus {
  agent_id: string;
  agent_name: string;
  running: boolean;
  status: string;
  container_id: string | null;
  name: string | null;
  /** Why it does not run, or why a later archive did not take its place. */
  detail: string | null;
  /** How often it was started again by itself. */
  restarts: number;
  /** How many archives came; the last is the one that is meant to run. */
  release: number | null;
  /** The one of them that runs. */
  running_release: number | null;
  /** The node that runs it, and whose word this is. */
  node: string | null;
  updated_at: string | null;
}

/** The names of a deployed agent's secrets; their values never come back. */
export interface DeploymentSecrets {
  agent_id: string;
  names: string[];
}

export interface DeploymentLogs {
  agent_id: string;
  logs: string;
}
