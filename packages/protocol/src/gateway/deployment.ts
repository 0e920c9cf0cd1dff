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
}

export interface DeploymentStatus {
  agent_id: string;
  agent_name: string;
  running: boolean;
  status: string;
  container_id: string | null;
  name: string | null;
}

export interface DeploymentLogs {
  agent_id: string;
  logs: string;
}
