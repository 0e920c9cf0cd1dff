import type { Agent, AgentSkill } from "../../../agents/index.ts";
import { Problem } from "../../../http/index.ts";
import { notOrdered, type ToolOrder } from "./tool-order.ts";

/** What an agent's tools are, whether they are offered or not. */
export type ToolSkills = (agent: Agent) => readonly AgentSkill[] | Promise<readonly AgentSkill[]>;

const NAMED_MAX = 20;

/**
 * The tool that is meant, if it may be called: as it was approved, and no other.
 * @throws Problem 422 for none, 409 for one that waits for its owner
 */
export function demandLive(
  skills: readonly AgentSkill[],
  { tool, at }: Pick<Extract<ToolOrder, { kind: "call" }>, "tool" | "at">,
): AgentSkill {
  const live = skills.filter(({ state }) => state === "live");
  const [only, ...others] = live;
  if (tool === undefined) {
    if (only && others.length === 0) return only;
    throw notOrdered(`Name the tool: ${toldOf(live)}`, [...at, "tool"], "missing");
  }
  const skill = skills.find(({ id }) => id === tool);
  if (skill?.state === "live") return skill;
  if (skill?.state === "changed") throw toolChanged(tool);
  throw notOrdered(`The agent has no tool ${tool.slice(0, 128)}; ${toldOf(live)}`, [...at, "tool"]);
}

const toolChanged = (tool: string) =>
  new Problem(
    409,
    `The tool ${tool} reads otherwise than it was approved, and is not called until the agent's owner has looked at it (POST /agents/{id}/refresh). Nothing was charged`,
    { code: "tool_changed" },
  );

function toldOf(live: readonly AgentSkill[]): string {
  if (live.length === 0) return "the agent offers none at this moment";
  const named = live.slice(0, NAMED_MAX).map(({ id }) => id);
  return `it has ${named.join(", ")}${live.length > NAMED_MAX ? ` and ${live.length - NAMED_MAX} more` : ""}`;
}
