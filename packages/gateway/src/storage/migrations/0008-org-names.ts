import { type Kysely, sql } from "kysely";
import { nameKey } from "../../runtime/index.ts";
import type { EngineName } from "../engine.ts";

const PAGE = 500;

/**
 * Names of organizations that look alike are one name. Those that are there already stay: of each name, the oldest organization has the
 * claim to it, and the others have none.
 */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  await db.schema.alterTable("orgs").addColumn("name_key", "text").execute();
  await db.schema.alterTable("orgs").addColumn("name_claim", "text").execute();
  for (let after = ""; ; ) {
    const { rows } = await sql<{ id: string; name: string }>`
      select id, name from orgs where id > ${after} order by id limit ${sql.lit(PAGE)}
    `.execute(db);
    const last = rows.at(-1);
    if (!last) break;
    const keys = JSON.stringify(rows.map(({ id, name }) => ({ id, key: nameKey(name) })));
    const given =
      engine === "sqlite"
        ? sql`(select value ->> 'id' as id, value ->> 'key' as name_key from json_each(${keys}))`
        : sql`(select id, key as name_key from json_to_recordset(${keys}::json) as list (id text, key text))`;
    await sql`
      update orgs set name_key = given.name_key from ${given} as given where orgs.id = given.id
    `.execute(db);
    after = last.id;
  }
  await db.schema.createIndex("orgs_lookalikes").on("orgs").column("name_key").execute();
  await sql`
    update orgs set name_claim = name_key where id in (
      select id from (
        select id, row_number() over (partition by name_key order by created_at, id) as place from orgs
      ) as placed where place = 1
    )
  `.execute(db);
  await db.schema.createIndex("orgs_claims").on("orgs").column("name_claim").unique().execute();
}
