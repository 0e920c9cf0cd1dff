import { createHash } from "node:crypto";
import { pinnedWords, type SkillWords, skillWordsOf, slugsFor, toolNamesFor } from "@agentgate/protocol";
import { canonicalJson } from "@agentgate/protocol/a2a";
import { type Kysely, sql } from "kysely";
import type { EngineName } from "../engine.ts";

/**
 * What agents can do, one thing a row, each with the price that it may have of its own and the name that it has as a tool; what agents'
 * tools are called; and which skill a call was for.
 */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  await db.schema
    .alterTable("agents")
    .addColumn("prices", "text", (column) => column.notNull().defaultTo("{}"))
    .execute();
  await db.schema
    .alterTable("agents")
    .addColumn("slug", "text", (column) => column.notNull().defaultTo(""))
    .execute();
  await db.schema.alterTable("call_log").addColumn("skill", "text").execute();
  // By bytes, so that pages go on where they ended whatever the server's language.
  const name = engine === "postgres" ? sql`text collate "C"` : sql`text`;
  await db.schema
    .createTable("agent_skills")
    .addColumn("agent_id", "text", (column) => column.notNull().references("agents.id").onDelete("cascade"))
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("position", "bigint", (column) => column.notNull())
    .addColumn("title", "text")
    .addColumn("description", "text", (column) => column.notNull())
    .addColumn("input_schema", "text")
    .addColumn("output_schema", "text")
    .addColumn("annotations", "text")
    .addColumn("price", "bigint")
    .addColumn("name", name, (column) => column.notNull())
    .addColumn("tool", name, (column) => column.notNull())
    .addColumn("search_text", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("found", "text")
    .addPrimaryKeyConstraint("agent_skills_key", ["agent_id", "id"])
    .execute();
  await fill(db);
  await sql`create unique index agents_slug on agents (slug) where slug <> ''`.execute(db);
  await sql`create unique index agent_skills_tool on agent_skills (tool)`.execute(db);
  await sql`create index agent_skills_offered on agent_skills (tool) where state = 'live'`.execute(db);
}

const AGENTS_PER_PAGE = 500;

interface AgentRow {
  seq: bigint;
  id: string;
  name: string;
  skills: string;
  hidden: bigint;
}

/** Agents in the order of their registration: of those that would like the same slug, the first gets it. */
async function fill(db: Kysely<unknown>): Promise<void> {
  const slugs = new Set<string>();
  for (let after = 0n; ; ) {
    const { rows } = await sql<AgentRow>`
      select seq, id, name, skills, hidden from agents where seq > ${after} order by seq limit ${sql.lit(AGENTS_PER_PAGE)}
    `.execute(db);
    for (const row of rows) {
      const slug =
        slugsFor(row, row.hidden === 0n).find((one) => !slugs.has(one)) ?? row.id.replaceAll("-", "").slice(0, 20);
      slugs.add(slug);
      await sql`update agents set slug = ${slug} where seq = ${row.seq}`.execute(db);
      await insertSkills(db, row, slug);
    }
    const last = rows.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

async function insertSkills(db: Kysely<unknown>, { id: agentId, name, skills }: AgentRow, slug: string): Promise<void> {
  const named = new Map<string, SkillWords>();
  for (const skill of JSON.parse(skills) as Record<string, unknown>[]) {
    const words = skillWordsOf(skill);
    if (words && !named.has(words.id)) named.set(words.id, words);
  }
  const none = { inputSchema: null, outputSchema: null, annotations: null };
  if (named.size === 0) named.set("", { id: "", title: name, description: "", ...none });
  const names = toolNamesFor({ id: agentId, slug }, [...named.keys()], sha256);
  let position = 0;
  for (const words of named.values()) {
    const { id, title, description } = words;
    const [input, output, annotations] = [words.inputSchema, words.outputSchema, words.annotations].map(
      (value) => value && JSON.stringify(value),
    );
    await sql`
      insert into agent_skills (agent_id, id, position, title, description, input_schema, output_schema, annotations,
        name, tool, search_text, digest, state)
      values (${agentId}, ${id}, ${position++}, ${title}, ${description}, ${input}, ${output}, ${annotations},
        ${names.get(id)!.name}, ${names.get(id)!.tool}, ${[id, title, description].join("\n").toLowerCase()},
        ${sha256(canonicalJson(pinnedWords(words)))}, 'live')
    `.execute(db);
  }
}
