/** Whose tasks of A2A agents are, and who is told of them. */
export interface A2ADatabase {
  a2a_tasks: A2ATasksTable;
  a2a_contexts: A2AContextsTable;
  a2a_push_configs: A2APushConfigsTable;
}

/** Which caller an agent's task belongs to, and its state as last seen. */
export interface A2ATasksTable {
  /** Of the agent and the task's id. */
  key: bigint;
  agent_id: string;
  /** Whose agent it was when the task was first seen. */
  org_id: string | null;
  task_id: string;
  /** Of the agent and the owner. */
  owner_key: bigint;
  owner: string;
  context_id: string;
  state: string;
  /** The status's own timestamp, else when it was seen. */
  status_at: bigint;
  updated_at: bigint;
  /** Of the last call about it that somebody pays for: its hold in the ledger. */
  hold: string | null;
  /** 1: a piece of what that call brought was told beside its answer; 2: nothing was, and nothing will be. */
  shown: bigint;
}

export interface A2AContextsTable {
  /** Of the agent and the context's id. */
  key: bigint;
  owner: string;
  updated_at: bigint;
}

/** A caller's push notification config; the agent knows the gateway's address and a secret of its own. */
export interface A2APushConfigsTable {
  /** Names the relay's address. */
  id: string;
  agent_id: string;
  /** Null until the task of an inline config is known. */
  task_id: string | null;
  /** Of the call that an inline config came with, when somebody pays for it: its hold in the ledger. */
  hold: string | null;
  /** The caller's name for it. */
  config_id: string;
  owner: string;
  /** Version that the caller's receiver takes. */
  version: string;
  secret_hash: string;
  /** The caller's config as JSON, encrypted. */
  sealed: string;
  created_at: bigint;
  /** When it is forgotten. */
  expires_at: bigint;
}
