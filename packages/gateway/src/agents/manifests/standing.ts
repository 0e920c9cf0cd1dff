import type { SkillWords } from "@agentgate/protocol";
import { canonicalJson } from "@agentgate/protocol/a2a";
import type { Tool } from "@agentgate/protocol/site";
import type { KeptSkill } from "../skills/skill-store.ts";

/** A call of a site, as it was approved, and whether it may be made. */
export interface StandingTool {
  tool: Tool;
  /** `changed`: the site tells it otherwise by now; `gone`: not at all. Then it waits until its owner has looked. */
  state: "live" | "changed" | "gone";
  /** As the site tells it by now. */
  found?: Tool;
}

/**
 * How what was approved stands beside what the site tells by now.
 *
 * @param found none when they are the same
 */
export function standingOf(approved: readonly Tool[], found: readonly Tool[] | undefined): StandingTool[] {
  if (!found) return approved.map((tool) => ({ tool, state: "live" }));
  const now = new Map(found.map((tool) => [tool.name, tool]));
  return approved.map((tool): StandingTool => {
    const other = now.get(tool.name);
    if (!other) return { tool, state: "gone" };
    return definition(tool) === definition(other) ? { tool, state: "live" } : { tool, state: "changed", found: other };
  });
}

/** Everything that decides what is called, and what is told of it. Whether it streams changes nothing for callers of the gateway. */
const definition = ({ streaming: _, ...tool }: Tool): string => canonicalJson(tool);

/** As rows of skills keep them. */
export const toSkills = (standing: readonly StandingTool[]): KeptSkill[] =>
  standing.map(({ tool, state, found }) => ({
    ...wordsOf(tool),
    state,
    ...(found && { found: wordsOf(found) }),
  }));

const wordsOf = ({ name, description, inputSchema, outputSchema, risk, idempotent }: Tool): SkillWords => ({
  id: name,
  title: null,
  description: description.replaceAll("\0", "").toWellFormed(),
  inputSchema: { ...inputSchema },
  outputSchema: { ...outputSchema },
  annotations: {
    readOnlyHint: risk === "low" && idempotent,
    destructiveHint: risk === "high",
    idempotentHint: idempotent,
    openWorldHint: true,
  },
});
