import type { Agent } from "./agent.ts";
import { recordLimits } from "./fields.ts";

/** The skills, first to last, for which an agent's record has room. */
export function fitSkills(skills: Agent["skills"]): Agent["skills"] {
  const kept: Record<string, unknown>[] = [];
  let bytes = 2;
  for (const skill of skills) {
    if (kept.length === recordLimits.skills) break;
    const more = Buffer.byteLength(JSON.stringify(skill)) + 1;
    if (bytes + more > recordLimits.skillsBytes) continue;
    bytes += more;
    kept.push(skill);
  }
  return kept;
}

/** Text from elsewhere that every database stores as it is: see `text` of the HTTP frame. */
export const fitText = (text: string, charactersMax: number): string =>
  text.replaceAll("\0", "").slice(0, charactersMax).toWellFormed();
