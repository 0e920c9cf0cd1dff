/** What a skill's own words tell of it, whoever wrote them: a card, a registration, the tools of an MCP server. */
export interface SkillWords {
  /** What a task names it by. */
  id: string;
  title: string | null;
  description: string;
  /** JSON schemas; null where it has none. */
  inputSchema: Record<string, unknown> | null;
  outputSchema: Record<string, unknown> | null;
  /** Hints as MCP has them (`readOnlyHint`, `destructiveHint`, `idempotentHint`); null for none. */
  annotations: Record<string, unknown> | null;
}

/** The same as `GET /agents/{id}/skills` tells it. */
export interface OfferedSkillWords {
  id: string;
  title: string | null;
  description: string;
  input_schema: Record<string, unknown> | null;
  output_schema: Record<string, unknown> | null;
  annotations: Record<string, unknown> | null;
}

/** One thing that an agent can do: a skill, an MCP server's tool or a website's call. */
export interface OfferedSkill extends OfferedSkillWords {
  /** As a tool at the agent's own MCP address. */
  name: string;
  /** As a tool among those of all agents. */
  tool: string;
  /** Dollars, of its own; null: what any task costs. */
  price: number | null;
  /** All but `live` ones are told to the owner alone, and wait until that has looked at them. */
  state: "live" | "changed" | "pending" | "gone";
  /** To the owner: what its server or site tells by now, where that is not what was approved. */
  found: OfferedSkillWords | null;
}

export interface OfferedSkillPage {
  skills: OfferedSkill[];
  /** `after` of the next page; null on the last. */
  next: string | null;
}

/** Characters of an id. What is longer cannot be named, and so is no skill that a task is for. */
export const SKILL_ID_MAX = 255;
const TITLE_MAX = 255;

/** What a task names this skill by: its id, or its name where it has none. Undefined where it has neither, or too long a one. */
export function skillIdOf({ id, name }: Readonly<Record<string, unknown>>): string | undefined {
  const [named] = [id, name].filter((value) => value !== undefined && value !== null && value !== "");
  if (typeof named !== "string" && typeof named !== "number") return undefined;
  const text = `${named}`;
  return text.length <= SKILL_ID_MAX && text.isWellFormed() && !text.includes("\0") ? text : undefined;
}

/** A skill of a card or a registration, which may hold anything. Undefined for one that no task can name. */
export function skillWordsOf(skill: Readonly<Record<string, unknown>>): SkillWords | undefined {
  const id = skillIdOf(skill);
  if (id === undefined) return undefined;
  const { name, description, input_schema, output_schema } = skill;
  return {
    id,
    title: typeof name === "string" && name !== "" ? storable(name.slice(0, TITLE_MAX)) : null,
    description: typeof description === "string" ? storable(description) : "",
    inputSchema: objectOrNull(input_schema),
    outputSchema: objectOrNull(output_schema),
    annotations: annotationsOf(skill),
  };
}

/** As every database takes it. */
const storable = (text: string): string => text.replaceAll("\0", "").toWellFormed();

/** Its own hints, or what its `risk` and `idempotent` say in their words. */
function annotationsOf({
  annotations,
  risk,
  idempotent,
}: Readonly<Record<string, unknown>>): SkillWords["annotations"] {
  const own = objectOrNull(annotations);
  if (own) return own;
  if (risk === undefined && idempotent === undefined) return null;
  return {
    readOnlyHint: risk === "low" && idempotent === true,
    destructiveHint: risk === "high",
    idempotentHint: idempotent === true,
    openWorldHint: true,
  };
}

const objectOrNull = (value: unknown): Record<string, unknown> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;

/** What its digest is of: all that a model reads of it. */
export const pinnedWords = ({ id, title, description, inputSchema, outputSchema, annotations }: SkillWords) => ({
  name: id,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations,
});
