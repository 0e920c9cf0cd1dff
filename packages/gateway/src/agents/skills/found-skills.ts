import type { SkillWords } from "@agentgate/protocol";
import type { AgentSkill } from "./skill.ts";
import { digestOf } from "./skill.ts";
import type { KeptSkill } from "./skill-store.ts";

/** What a look upstream changes: ids of skills. */
export interface FoundChanges {
  added: string[];
  changed: string[];
  gone: string[];
}

/**
 * What may go live without its owner's word: `pin`, nothing; `additions`, what is new, for it takes nothing away; `auto`, everything.
 */
export type Trust = "pin" | "additions" | "auto";

/**
 * What becomes of an agent's skills by what was found upstream now. One that reads otherwise than it was approved is kept as it was, and
 * not offered, until its owner has looked at it; one that reads as approved again is offered again. One that is gone keeps its row, and so
 * its names.
 *
 * @param known as they are kept; none at the first look, which whoever registers the agent approves
 */
export function judgeFound(
  known: readonly AgentSkill[],
  found: readonly SkillWords[],
  trust: Trust,
): { skills: KeptSkill[]; changes: FoundChanges } {
  const before = new Map(known.map((skill) => [skill.id, skill]));
  const changes: FoundChanges = { added: [], changed: [], gone: [] };
  const judged = found.map((words): KeptSkill => {
    const kept = before.get(words.id);
    if (!kept || kept.state === "pending") {
      if (!kept) changes.added.push(words.id);
      else if (digestOf(words) !== kept.digest) changes.changed.push(words.id);
      return { ...words, state: trust === "pin" ? "pending" : "live" };
    }
    if (digestOf(words) === kept.digest) {
      if (kept.state === "gone") changes.added.push(words.id);
      return { ...words, state: "live" };
    }
    changes.changed.push(words.id);
    return trust === "auto" ? { ...words, state: "live" } : { ...wordsOf(kept), state: "changed", found: words };
  });
  const ids = new Set(found.map(({ id }) => id));
  const gone = known
    .filter(({ id, state }) => !ids.has(id) && state !== "pending")
    .map((kept): KeptSkill => {
      if (kept.state !== "gone") changes.gone.push(kept.id);
      return { ...wordsOf(kept), state: "gone" };
    });
  return { skills: [...judged, ...gone], changes };
}

/** As its owner has approved them: what was found is what counts from now on. */
export const approvedSkills = (known: readonly AgentSkill[]): KeptSkill[] =>
  known.map((skill) =>
    skill.state === "gone"
      ? { ...wordsOf(skill), state: "gone" }
      : { ...(skill.found ?? wordsOf(skill)), state: "live" },
  );

const wordsOf = ({ id, title, description, inputSchema, outputSchema, annotations }: SkillWords): SkillWords => ({
  id,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations,
});
