import { type Kysely, type RawBuilder, sql } from "kysely";
import type { EngineName } from "../engine.ts";

/**
 * Agents that not everybody sees, and the organizations that they are granted to. What is counted of the directory is counted apart for
 * agents that are hidden; the orders it is listed in tell whether one is, so that a list of what everybody sees reads no more than before.
 */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  await db.schema
    .alterTable("agents")
    .addColumn("visibility", "text", (column) => column.notNull().defaultTo("public"))
    .execute();
  await db.schema
    .alterTable("agents")
    .addColumn("has_grants", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable("agents")
    .addColumn("hidden", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable("agents")
    .addColumn("granted", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createTable("agent_grants")
    .addColumn("agent_id", "text", (column) => column.notNull().references("agents.id").onDelete("cascade"))
    .addColumn("org_id", "text", (column) => column.notNull().references("orgs.id").onDelete("cascade"))
    .addColumn("may_call", "bigint", (column) => column.notNull())
    .addColumn("price", "bigint")
    .addColumn("expires_at", "bigint")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("agent_grants_key", ["agent_id", "org_id"])
    .execute();
  await db.schema
    .createIndex("agent_grants_org")
    .on("agent_grants")
    .columns(["org_id", "agent_id", "expires_at", "may_call"])
    .execute();
  await db.schema
    .createIndex("agent_grants_listed")
    .on("agent_grants")
    .columns(["agent_id", "created_at desc", "org_id desc"])
    .execute();
  for (const statement of indexes) await statement.execute(db);
  await countApart(db, engine);
}

const isHidden = sql`hidden = 1`;
const isSold = sql`price_per_task > 0 and key_hash is null`;

/** The orders of 0001 and 0022 once more, each with what is asked of every agent on the way. */
const indexes: RawBuilder<unknown>[] = [
  ...["created", "name", "version", "rating", "for_sale", "for_sale_by_name"].map(
    (name) => sql`drop index ${sql.ref(`agents_${name}`)}`,
  ),
  sql`create index agents_created on agents (created_at desc, seq desc, hidden)`,
  sql`create index agents_name on agents (name, created_at desc, seq desc, hidden)`,
  sql`create index agents_version on agents (version_key desc, created_at desc, seq desc, hidden)`,
  sql`create index agents_rating on agents (rating desc, created_at desc, seq desc, hidden)`,
  sql`create index agents_for_sale on agents (created_at, seq, hidden) where ${isSold}`,
  sql`create index agents_for_sale_by_name on agents (name, seq, hidden) where ${isSold}`,
  // What a caller sees beside the public agents is found without a look at the agents themselves.
  sql`create index agents_hidden on agents (id, granted, seq) where ${isHidden}`,
  sql`create index agents_hidden_places on agents (seq) where ${isHidden}`,
  sql`create index agents_hidden_owners on agents (org_id, seq) where ${isHidden}`,
];

async function countApart(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const bytes = engine === "postgres" ? sql`text collate "C"` : sql`text`;
  await sql`insert into totals (name, count) values ('hidden_agents', 0)`.execute(db);
  if (engine === "sqlite") {
    for (const name of ["counted", "uncounted"]) await sql`drop trigger ${sql.ref(`agent_tags_${name}`)}`.execute(db);
  }
  await db.schema
    .alterTable("agent_tags")
    .addColumn("hidden", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`drop index agent_tags_tag`.execute(db);
  await sql`create index agent_tags_tag on agent_tags (hidden, tag_key, tag)`.execute(db);
  await sql`alter table agent_tag_counts rename to earlier_tag_counts`.execute(db);
  await db.schema
    .createTable("agent_tag_counts")
    .addColumn("hidden", "bigint", (column) => column.notNull())
    .addColumn("tag_key", bytes, (column) => column.notNull())
    .addColumn("name", bytes, (column) => column.notNull())
    .addColumn("agents", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("agent_tag_counts_key", ["hidden", "tag_key"])
    .execute();
  await sql`
    insert into agent_tag_counts select 0, tag_key, name, agents from earlier_tag_counts
  `.execute(db);
  await db.schema.dropTable("earlier_tag_counts").execute();
  for (const statement of engine === "sqlite" ? sqliteTriggers : postgresTriggers) await statement.execute(db);
}

const addToHidden = (count: RawBuilder<unknown>) =>
  sql`update totals set count = count + ${count} where name = 'hidden_agents'`;

const sqliteTriggers: RawBuilder<unknown>[] = [
  sql`
    create trigger agents_hidden_counted after insert on agents when new.hidden = 1 begin
      ${addToHidden(sql`1`)};
    end`,
  sql`
    create trigger agents_hidden_uncounted after delete on agents when old.hidden = 1 begin
      ${addToHidden(sql`-1`)};
    end`,
  sql`
    create trigger agents_hidden_recounted after update of hidden on agents when old.hidden <> new.hidden begin
      ${addToHidden(sql`new.hidden - old.hidden`)};
    end`,
  sql`
    create trigger agent_tags_counted after insert on agent_tags begin
      insert into agent_tag_counts (hidden, tag_key, name, agents) values (new.hidden, new.tag_key, new.tag, 1)
      on conflict (hidden, tag_key) do update set agents = agents + 1, name = min(name, excluded.name);
    end`,
  sql`
    create trigger agent_tags_uncounted after delete on agent_tags begin
      delete from agent_tag_counts where hidden = old.hidden and tag_key = old.tag_key and agents <= 1;
      update agent_tag_counts set agents = agents - 1 where hidden = old.hidden and tag_key = old.tag_key;
      update agent_tag_counts
      set name = (select min(tag) from agent_tags where hidden = old.hidden and tag_key = old.tag_key)
      where hidden = old.hidden and tag_key = old.tag_key and name = old.tag;
    end`,
];

const rule = (name: string, body: RawBuilder<unknown>) =>
  sql`create or replace function ${sql.ref(name)}() returns trigger language plpgsql as $$ begin ${body}; return null; end $$`;
const trigger = (name: string, event: RawBuilder<unknown>, body: RawBuilder<unknown>): RawBuilder<unknown>[] => [
  rule(name, body),
  sql`create trigger ${sql.ref(name)} after ${event} execute function ${sql.ref(name)}()`,
];
/** Nothing is touched where none of the rows is hidden. */
const countHidden = (rows: string, sign: RawBuilder<unknown>) => sql`
  update totals set count = count ${sign} rows.counted
  from (select count(*) as counted from ${sql.ref(rows)} where hidden = 1) as rows
  where name = 'hidden_agents' and rows.counted > 0`;

const postgresTriggers: RawBuilder<unknown>[] = [
  ...trigger(
    "agents_hidden_counted",
    sql`insert on agents referencing new table as added for each statement`,
    countHidden("added", sql`+`),
  ),
  ...trigger(
    "agents_hidden_uncounted",
    sql`delete on agents referencing old table as removed for each statement`,
    countHidden("removed", sql`-`),
  ),
  ...trigger(
    "agents_hidden_recounted",
    sql`update of hidden on agents for each row when (old.hidden <> new.hidden)`,
    addToHidden(sql`new.hidden - old.hidden`),
  ),
  rule(
    "agent_tags_counted",
    sql`
      insert into agent_tag_counts (hidden, tag_key, name, agents)
      select hidden, tag_key, min(tag), count(*) from added group by hidden, tag_key order by hidden, tag_key
      on conflict (hidden, tag_key) do update set
        agents = agent_tag_counts.agents + excluded.agents, name = least(agent_tag_counts.name, excluded.name)`,
  ),
  rule(
    "agent_tags_uncounted",
    sql`
      update agent_tag_counts as kept set
        agents = kept.agents - gone.agents,
        name = coalesce(
          (select min(tag) from agent_tags where agent_tags.hidden = kept.hidden and agent_tags.tag_key = kept.tag_key),
          kept.name
        )
      from (select hidden, tag_key, count(*) as agents from removed group by hidden, tag_key) as gone
      where kept.hidden = gone.hidden and kept.tag_key = gone.tag_key;
      delete from agent_tag_counts where agents <= 0 and (hidden, tag_key) in (select hidden, tag_key from removed)`,
  ),
];
