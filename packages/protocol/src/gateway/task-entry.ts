/** An A2A task as the gateway last saw it: how it stands, not what is in it. */
export interface TaskEntry {
  agent_id: string;
  /** Null for an agent that is gone, or that the caller does not see. */
  agent_name: string | null;
  /** The agent's own name for it. */
  task_id: string;
  context_id: string | null;
  /** `TASK_STATE_WORKING`, `TASK_STATE_COMPLETED`… */
  state: string;
  /** When it came to be so, as the agent says; else when it was seen. */
  status_at: string;
  /** Whose agent it was. */
  org_id: string | null;
  /** Whose task it is; null for the admin's, and for callers who are known by their address alone. */
  payer_org_id: string | null;
}

/** A page of them, newest status first. */
export interface TaskEntryPage {
  entries: TaskEntry[];
  /** `before` of the next page; null when there is none. */
  next: string | null;
  /** Whether the search's time was over before the page was full. */
  is_cut: boolean;
}
