/** One agent's turn in a chain (contract section 2). */
export interface ChainStep {
  agent_id: string;
  /** `{input}` is the run's input, `{previous}` what the step before said; null for the latter alone. */
  input_template: string | null;
  /** Id of the agent's skill that the step is for; null for none in particular. */
  skill: string | null;
  /** Whether a key of the agent is kept for the step. */
  has_agent_api_key: boolean;
}

/** Agents that work one after the other. */
export interface Chain {
  id: string;
  name: string;
  description: string;
  steps: ChainStep[];
  org_id: string | null;
  created_at: string;
  updated_at: string;
}

/** A step that was taken. */
export type ChainTraceEntry = {
  /** From 1. */
  step: number;
  agent_id: string;
  /** Empty where the agent does not exist any more. */
  agent_name: string;
  latency_ms: number;
} & (
  | {
      status: "success";
      /** What the agent was told. */
      input: string;
      /** The text of what it said, or else its JSON. */
      output: string;
      /** What a task of this agent is answered. */
      raw_response: unknown;
    }
  | { status: "error"; error: string; error_code: string; error_status: number }
);

/** What a run came to (contract section 7). */
export type ChainRun = {
  chain_id: string;
  chain_name: string;
  /** The steps that were taken; of a run that failed, the last one says why. */
  trace: ChainTraceEntry[];
  /** Of the run's trace, which every agent got as `traceparent`. */
  trace_id: string;
} & ({ status: "success"; final_output: string } | { status: "error" });
