import { type MicroDollars, pinnedWords, type SkillWords, skillWordsOf } from "@agentgate/protocol";
import { canonicalJson } from "@agentgate/protocol/a2a";
import { hashKey } from "../../runtime/index.ts";
import type { Agent } from "../agent.ts";

/**
 * Whether a skill is offered. `changed` and `pending` wait until their owner looks at them: what was found upstream is not what was
 * approved, or was never approved. `gone` is not there any more, and keeps its names.
 */
export type SkillState = "live" | "changed" | "pending" | "gone";

/** One thing that an agent can do. Immutable. */
export interface AgentSkill extends SkillWords {
  readonly agentId: string;
  /** In the agent's own list. */
  readonly position: number;
  /** Of its own; null for its agent's. Who pays may have been granted another: see `priceOf`. */
  readonly price: MicroDollars | null;
  /** What it is called as a tool at the agent's own address. */
  readonly name: string;
  /** The same among the tools of all agents. */
  readonly tool: string;
  /** Of all that a model reads of it: hexadecimal SHA-256 over RFC 8785. */
  readonly digest: string;
  readonly state: SkillState;
  /** What was found upstream where that is not what is approved. */
  readonly found: SkillWords | null;
}

/** The id of the one skill of an agent that names none: a task does not name it. */
export const WHOLE_AGENT = "";

/** What this agent takes for a task of this skill. */
export const priceOf = (
  { prices, pricePerTask }: Pick<Agent, "prices" | "pricePerTask">,
  skillId: string | undefined,
) => (skillId === undefined ? undefined : prices.get(skillId)) ?? pricePerTask;

export const digestOf = (words: SkillWords): string => hashKey(canonicalJson(pinnedWords(words)));

/** The skills that an agent's record tells, of one id the first; of an agent that names none, itself. */
export function recordedSkills({
  name,
  description,
  skills,
}: Pick<Agent, "name" | "description" | "skills">): SkillWords[] {
  const named = new Map<string, SkillWords>();
  for (const skill of skills) {
    const words = skillWordsOf(skill);
    if (words && !named.has(words.id)) named.set(words.id, words);
  }
  if (named.size > 0) return [...named.values()];
  const none = { inputSchema: null, outputSchema: null, annotations: null };
  return [{ id: WHOLE_AGENT, title: name, description, ...none }];
}
