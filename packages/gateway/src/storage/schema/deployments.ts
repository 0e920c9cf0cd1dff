/** Agents that came as archives. */
export interface DeploymentsDatabase {
  deployments: DeploymentsTable;
  deployment_secrets: DeploymentSecretsTable;
}

/** An agent that came as an archive. */
export interface DeploymentsTable {
  agent_id: string;
  /** The organization; empty for none. An owner has one of each name. */
  owner: string;
  name: string;
  /** What runs it; `none` of an agent that is registered at an address of its own. */
  runtime: "none" | "process" | "docker";
  /** Whose disk the archive is on; empty where nothing is kept of it. */
  node: string;
  /** What that node is called. */
  node_name: string;
  /** Counts the archives; the last is the one that is meant to run. */
  release: bigint;
  /** The one that runs; null while none does. */
  running_release: bigint | null;
  state: "registered" | "installing" | "starting" | "running" | "restarting" | "failed" | "undeployed";
  /** Why it does not run, in words for its owner. */
  detail: string | null;
  container_id: string | null;
  /** How often it was started again by itself since it was deployed. */
  restarts: bigint;
  updated_at: bigint;
}

/** Environment variables of a hosted agent, one row each. */
export interface DeploymentSecretsTable {
  agent_id: string;
  name: string;
  /** The value, encrypted. */
  sealed: string;
  updated_at: bigint;
}
