import { type SkillWords, type ToolNames, toolNamesFor } from "@agentgate/protocol";
import type { Insertable, Kysely, Selectable, Transaction } from "kysely";
import { hashKey } from "../../runtime/index.ts";
import type { AgentSkillsTable, Database } from "../../storage/index.ts";
import type { Agent } from "../agent.ts";
import { type AgentSkill, digestOf, type SkillState } from "./skill.ts";

/** Skills of one agent, of any kind: a record holds fewer, and what is read elsewhere no more. */
export const SKILLS_MAX = 512;
/** Rows that one statement writes: their parameters are few enough for both databases. */
const ROWS_PER_STATEMENT = 100;

/** Whose skills they are. */
export type SkillsOf = Pick<Agent, "id" | "slug" | "prices">;

/** A skill with what was decided of it; live unless it says otherwise. */
export type KeptSkill = SkillWords & { state?: SkillState; found?: SkillWords | null };

/** As they are kept, in the agent's own order; also those that are not offered. */
export async function readSkills(db: Kysely<Database>, agentId: string): Promise<AgentSkill[]> {
  const query = db.selectFrom("agent_skills").selectAll().where("agent_id", "=", agentId).orderBy("position");
  return (await query.execute()).map(fromSkillRow);
}

/**
 * Writes an agent's skills within the transaction that has locked the agent, in place of those there were. Names that were made stay.
 * Whoever calls it notes the agent as changed.
 *
 * @param skills in their order; of one id, one
 */
export async function replaceSkills(
  trx: Transaction<Database>,
  agent: SkillsOf,
  skills: readonly KeptSkill[],
): Promise<void> {
  const before = await trx
    .selectFrom("agent_skills")
    .select(["id", "name", "tool"])
    .where("agent_id", "=", agent.id)
    .execute();
  const named = new Map<string, ToolNames>(before.map(({ id, name, tool }) => [id, { name, tool }]));
  const ids = skills.map(({ id }) => id);
  const names = toolNamesFor(agent, ids, hashKey, named);
  await trx.deleteFrom("agent_skills").where("agent_id", "=", agent.id).execute();
  const rows = skills.map((skill, position) => toSkillRow(agent, skill, position, names.get(skill.id)!));
  for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT) {
    await trx
      .insertInto("agent_skills")
      .values(rows.slice(start, start + ROWS_PER_STATEMENT))
      .execute();
  }
}

/** Writes what the skills cost that are kept already, where nothing else of them is otherwise. */
export async function repriceSkills(trx: Transaction<Database>, { id: agentId, prices }: SkillsOf): Promise<void> {
  const rows = await trx.selectFrom("agent_skills").select(["id", "price"]).where("agent_id", "=", agentId).execute();
  for (const { id, price } of rows) {
    const now = prices.get(id) ?? null;
    if (now === price) continue;
    await trx
      .updateTable("agent_skills")
      .set({ price: now })
      .where("agent_id", "=", agentId)
      .where("id", "=", id)
      .execute();
  }
}

function toSkillRow(
  { id: agentId, prices }: SkillsOf,
  skill: KeptSkill,
  position: number,
  { name, tool }: ToolNames,
): Insertable<AgentSkillsTable> {
  const { id, title, description, inputSchema, outputSchema, annotations, state = "live", found = null } = skill;
  return {
    agent_id: agentId,
    id,
    position: BigInt(position),
    title,
    description,
    input_schema: jsonOrNull(inputSchema),
    output_schema: jsonOrNull(outputSchema),
    annotations: jsonOrNull(annotations),
    price: prices.get(id) ?? null,
    name,
    tool,
    search_text: [id, title, description].join("\n").toLowerCase(),
    digest: digestOf(skill),
    state,
    found: jsonOrNull(found),
  };
}

export const fromSkillRow = (row: Omit<Selectable<AgentSkillsTable>, "search_text">): AgentSkill => ({
  agentId: row.agent_id,
  id: row.id,
  position: Number(row.position),
  title: row.title,
  description: row.description,
  inputSchema: fromJsonOrNull(row.input_schema),
  outputSchema: fromJsonOrNull(row.output_schema),
  annotations: fromJsonOrNull(row.annotations),
  price: row.price,
  name: row.name,
  tool: row.tool,
  digest: row.digest,
  state: row.state,
  found: fromJsonOrNull(row.found),
});

const jsonOrNull = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));
const fromJsonOrNull = (text: string | null) => (text === null ? null : JSON.parse(text));
