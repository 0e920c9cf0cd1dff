/** Characters of an agent's slug, and of a tool's name: clients of MCP put some of their own before it, and take 64 in all. */
export const SLUG_MAX = 20;
export const TOOL_NAME_MAX = 48;
/** The slug of the gateway's own tools. */
export const RESERVED_SLUG = "agentgate";
/** The tool of an agent that names no skills. */
export const WHOLE_AGENT_TOOL = "ask";
const HASH_LENGTH = 8;
const SUFFIX_LENGTHS = [4, 8, 12];

/** What an agent of this name would like to be called: `[a-z0-9-]`, at most {@link SLUG_MAX}; never empty. */
export function slugOf(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_MAX)
    .replace(/^-+|-+$/g, "");
  return plain || "agent";
}

/**
 * The slugs that an agent may get, the best first. The others end with characters of its id, so that the last is nobody else's.
 * @param isShown whether everybody may know of it: one that is hidden takes no name away that others would notice
 */
export function slugsFor({ id, name }: { id: string; name: string }, isShown: boolean): string[] {
  const slug = slugOf(name);
  const plain = isShown && slug !== RESERVED_SLUG ? [slug] : [];
  const hexadecimal = id.replaceAll("-", "");
  return [...plain, ...SUFFIX_LENGTHS.map((length) => ended(slug, "-", hexadecimal.slice(-length), SLUG_MAX))];
}

const ended = (text: string, edge: string, end: string, max: number): string =>
  text.slice(0, max - edge.length - end.length).replace(/[-_]+$/, "") + edge + end;

/** What a skill would like to be called as a tool: `[a-z0-9_-]`; never empty. */
function plainToolName(skillId: string): string {
  const plain = skillId
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return plain || "skill";
}

/** What a skill is called as a tool. */
export interface ToolNames {
  /** At the agent's own address. */
  name: string;
  /** Among those of all agents. */
  tool: string;
}

/**
 * Names an agent's skills as tools. A name is made once: it does not change because another skill or agent comes, and so those that were
 * made before are handed in.
 *
 * @param hash hexadecimal SHA-256 of a text
 * @param named those that have names already, by the skill's id; the empty id stands for the agent as a whole
 */
export function toolNamesFor(
  { id: agentId, slug }: { id: string; slug: string },
  skillIds: readonly string[],
  hash: (text: string) => string,
  named: ReadonlyMap<string, ToolNames> = new Map(),
): Map<string, ToolNames> {
  const names = new Map(named);
  const taken = { name: new Set<string>(), tool: new Set<string>() };
  const take = (skillId: string, given: ToolNames) => {
    names.set(skillId, given);
    taken.name.add(given.name);
    taken.tool.add(given.tool);
  };
  for (const [skillId, given] of named) take(skillId, given);
  const fit = (plain: string, skillId: string, max: number, isTaken: (name: string) => boolean) => {
    if (plain.length <= max && !isTaken(plain)) return plain;
    for (let attempt = 0; ; attempt++) {
      const digest = hash([agentId, skillId, ...(attempt > 0 ? [attempt] : [])].join(" "));
      const cut = ended(plain, "_", digest.slice(0, HASH_LENGTH), max);
      if (!isTaken(cut)) return cut;
    }
  };
  const add = (skillId: string) => {
    const plain = skillId === "" ? WHOLE_AGENT_TOOL : plainToolName(skillId);
    const head = `${slug}__`;
    const tail = fit(plain, skillId, TOOL_NAME_MAX - head.length, (name) => taken.tool.has(head + name));
    const name = fit(plain, skillId, TOOL_NAME_MAX, (own) => taken.name.has(own));
    take(skillId, { name, tool: head + tail });
  };
  // Whose id is a name already keeps it, whatever comes before it in the list.
  const added = [...new Set(skillIds)].filter((skillId) => !names.has(skillId));
  const isName = (skillId: string) => skillId === plainToolName(skillId);
  for (const skillId of added.filter(isName)) add(skillId);
  for (const skillId of added.filter((one) => !isName(one))) add(skillId);
  return names;
}
