import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { type Agent, type AgentRegistry, type AgentSkill, priceOf, WHOLE_AGENT } from "../../agents/index.ts";
import type { AgentTool } from "./tool.ts";

/** A skill of an agent's, as a tool. @param agent as its caller sees it: at its price */
export function toolOfSkill(agent: Agent, skill: AgentSkill): AgentTool {
  const skillId = skill.id === WHOLE_AGENT ? undefined : skill.id;
  return {
    agent,
    name: skill.name,
    fullName: skill.tool,
    skillId,
    title: skill.title ?? undefined,
    description: skill.description || agent.description,
    inputSchema: schemaIn(skill.inputSchema),
    outputSchema: skill.outputSchema ?? undefined,
    annotations: skill.annotations ?? undefined,
    price: priceOf(agent, skillId),
    digest: skill.digest,
    state: skill.state,
  };
}

function namedIn(skills: readonly AgentSkill[], agent: Agent, name: string): AgentTool | undefined {
  const skill = skills.find((one) => one.name === name);
  return skill && (skill.state === "live" || skill.state === "changed") ? toolOfSkill(agent, skill) : undefined;
}

const schemaIn = (schema: JsonObject | null): JsonObject | undefined =>
  isObject(schema) && schema.type === "object" ? schema : undefined;

/** The tools of single agents: from memory mostly. */
export class AgentTools {
  readonly #agents: Pick<AgentRegistry, "skills">;

  constructor(agents: Pick<AgentRegistry, "skills">) {
    this.#agents = agents;
  }

  /** Those that are offered, by their names. */
  async of(agent: Agent): Promise<AgentTool[]> {
    const skills = await this.#agents.skills(agent);
    const offered = skills.filter(({ state }) => state === "live").map((skill) => toolOfSkill(agent, skill));
    return offered.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** By its name at the agent's own address: also one that is not offered now, but was. Without a promise where it was seen before. */
  named(agent: Agent, name: string): AgentTool | undefined | Promise<AgentTool | undefined> {
    const skills = this.#agents.skills(agent);
    return skills instanceof Promise ? skills.then((all) => namedIn(all, agent, name)) : namedIn(skills, agent, name);
  }

  /** By its name among all. */
  async known(agent: Agent, fullName: string): Promise<AgentTool | undefined> {
    const skill = (await this.#agents.skills(agent)).find(({ tool }) => tool === fullName);
    return skill && toolOfSkill(agent, skill);
  }
}
