/** A step of a chain, as it is given. */
export interface ChainStepFields {
  agentId: string;
  /** `{input}` is the run's input, `{previous}` what the step before said; without one the agent is told the latter. */
  inputTemplate?: string | null | undefined;
  /** Id of the agent's skill that the step is for, which is what it costs. */
  skill?: string | null | undefined;
  /** The agent's own key, where callers need one; kept encrypted. In a change, absent keeps the one there is, `""` clears it. */
  agentApiKey?: string | null | undefined;
}

/** What may be changed of a chain. Absent fields stay as they are; `steps` takes the place of all. */
export interface ChainFields {
  name?: string | undefined;
  description?: string | undefined;
  steps?: readonly ChainStepFields[] | undefined;
}

export interface NewChain {
  description?: string | undefined;
  /** The owner. The admin may name any; an organization's key always makes its own. */
  orgId?: string | undefined;
}
