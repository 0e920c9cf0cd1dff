import { type Micros, renderTimestamp } from "../runtime/index.ts";

/** One agent's turn in a chain. */
export interface ChainStep {
  readonly agentId: string;
  /** What the agent is told, with `{input}` and `{previous}` in it; null for what the step before said. */
  readonly inputTemplate: string | null;
  /** The agent's skill that it is for; null for none in particular. */
  readonly skill: string | null;
  /** Whether a key of the agent is kept for it. */
  readonly hasKey: boolean;
}

/** Agents that work one after the other. Immutable: a change makes a new record. */
export interface Chain {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly steps: readonly ChainStep[];
  /** Null for one of the admin's. */
  readonly orgId: string | null;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
}

/** Keys of agents, one for each step of a chain; null for a step that has none. */
export type StepKeys = readonly (string | null)[];

/** The chain on the wire (contract section 2). Nobody sees a key. */
export const toWireChain = (chain: Chain) => ({
  id: chain.id,
  name: chain.name,
  description: chain.description,
  steps: chain.steps.map(({ agentId, inputTemplate, skill, hasKey }) => ({
    agent_id: agentId,
    input_template: inputTemplate,
    skill,
    has_agent_api_key: hasKey,
  })),
  org_id: chain.orgId,
  created_at: renderTimestamp(chain.createdAt),
  updated_at: renderTimestamp(chain.updatedAt),
});
