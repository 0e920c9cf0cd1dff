import { type Kysely, type RawBuilder, sql } from "kysely";
import type { EngineName } from "../engine.ts";
import { trimSkills } from "./trim-skills.ts";

/**
 * Counts that grow with the directory are kept beside it, by triggers, so that nobody counts all agents, tags or reviews to know them;
 * reviews are found in the order they are listed in; agents of earlier releases get no larger than new ones may be.
 */
export async function up(db: Kysely<unknown>, engine: EngineName): Promise<void> {
  const bytes = engine === "postgres" ? sql`text collate "C"` : sql`text`;
  await db.schema
    .createTable("totals")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("count", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("agent_tag_counts")
    .addColumn("tag_key", bytes, (column) => column.primaryKey())
    .addColumn("name", bytes, (column) => column.notNull())
    .addColumn("agents", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("review_counts")
    .addColumn("agent_id", "text", (column) => column.notNull().references("agents.id").onDelete("cascade"))
    .addColumn("rating", "bigint", (column) => column.notNull())
    .addColumn("count", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("review_counts_key", ["agent_id", "rating"])
    .execute();
  await db.schema
    .createIndex("reviews_latest")
    .on("reviews")
    .columns(["agent_id", "created_at desc", "id desc"])
    .execute();

  await sql`insert into totals select 'agents', count(*) from agents`.execute(db);
  await sql`
    insert into agent_tag_counts select tag_key, min(tag), count(*) from agent_tags group by tag_key
  `.execute(db);
  await sql`
    insert into review_counts select agent_id, rating, count(*) from reviews group by agent_id, rating
  `.execute(db);
  for (const statement of engine === "sqlite" ? sqliteTriggers : postgresTriggers) await statement.execute(db);
  await trimSkills(db);
}

const sqliteTriggers: RawBuilder<unknown>[] = [
  sql`
    create trigger agents_counted after insert on agents begin
      update totals set count = count + 1 where name = 'agents';
    end`,
  sql`
    create trigger agents_uncounted after delete on agents begin
      update totals set count = count - 1 where name = 'agents';
    end`,
  sql`
    create trigger agent_tags_counted after insert on agent_tags begin
      insert into agent_tag_counts (tag_key, name, agents) values (new.tag_key, new.tag, 1)
      on conflict (tag_key) do update set agents = agents + 1, name = min(name, excluded.name);
    end`,
  sql`
    create trigger agent_tags_uncounted after delete on agent_tags begin
      delete from agent_tag_counts where tag_key = old.tag_key and agents <= 1;
      update agent_tag_counts set agents = agents - 1 where tag_key = old.tag_key;
      update agent_tag_counts set name = (select min(tag) from agent_tags where tag_key = old.tag_key)
      where tag_key = old.tag_key and name = old.tag;
    end`,
  sql`
    create trigger reviews_counted after insert on reviews begin
      insert into review_counts (agent_id, rating, count) values (new.agent_id, new.rating, 1)
      on conflict (agent_id, rating) do update set count = count + 1;
    end`,
  sql`
    create trigger reviews_recounted after update of rating on reviews when old.rating <> new.rating begin
      update review_counts set count = count - 1 where agent_id = old.agent_id and rating = old.rating;
      insert into review_counts (agent_id, rating, count) values (new.agent_id, new.rating, 1)
      on conflict (agent_id, rating) do update set count = count + 1;
    end`,
  sql`
    create trigger reviews_uncounted after delete on reviews begin
      update review_counts set count = count - 1 where agent_id = old.agent_id and rating = old.rating;
    end`,
];

/** For each statement and not for each row: a row that is changed many times in one transaction gets slower each time. */
const trigger = (name: string, event: RawBuilder<unknown>, body: RawBuilder<unknown>): RawBuilder<unknown>[] => [
  sql`create function ${sql.ref(name)}() returns trigger language plpgsql as $$ begin ${body}; return null; end $$`,
  sql`create trigger ${sql.ref(name)} after ${event} for each statement execute function ${sql.ref(name)}()`,
];

const added = (table: string) => sql`insert on ${sql.ref(table)} referencing new table as added`;
const removed = (table: string) => sql`delete on ${sql.ref(table)} referencing old table as removed`;
const addReviews = sql`
  insert into review_counts (agent_id, rating, count)
  select agent_id, rating, count(*) from added group by agent_id, rating order by agent_id, rating
  on conflict (agent_id, rating) do update set count = review_counts.count + excluded.count`;
const removeReviews = sql`
  update review_counts as kept set count = kept.count - gone.count
  from (select agent_id, rating, count(*) as count from removed group by agent_id, rating) as gone
  where kept.agent_id = gone.agent_id and kept.rating = gone.rating`;

const postgresTriggers: RawBuilder<unknown>[] = [
  ...trigger(
    "agents_counted",
    added("agents"),
    sql`update totals set count = count + (select count(*) from added) where name = 'agents'`,
  ),
  ...trigger(
    "agents_uncounted",
    removed("agents"),
    sql`update totals set count = count - (select count(*) from removed) where name = 'agents'`,
  ),
  ...trigger(
    "agent_tags_counted",
    added("agent_tags"),
    sql`
      insert into agent_tag_counts (tag_key, name, agents)
      select tag_key, min(tag), count(*) from added group by tag_key order by tag_key
      on conflict (tag_key) do update set
        agents = agent_tag_counts.agents + excluded.agents, name = least(agent_tag_counts.name, excluded.name)`,
  ),
  ...trigger(
    "agent_tags_uncounted",
    removed("agent_tags"),
    sql`
      update agent_tag_counts as kept set
        agents = kept.agents - gone.agents,
        name = coalesce((select min(tag) from agent_tags where agent_tags.tag_key = kept.tag_key), kept.name)
      from (select tag_key, count(*) as agents from removed group by tag_key) as gone
      where kept.tag_key = gone.tag_key;
      delete from agent_tag_counts where agents <= 0 and tag_key in (select tag_key from removed)`,
  ),
  ...trigger("reviews_counted", added("reviews"), addReviews),
  ...trigger("reviews_uncounted", removed("reviews"), removeReviews),
  ...trigger(
    "reviews_recounted",
    sql`update on reviews referencing old table as removed new table as added`,
    sql`${removeReviews}; ${addReviews}`,
  ),
];
