import { type Expression, type ExpressionBuilder, type SqlBool, sql } from "kysely";
import type { Database, Storage } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { fromRow } from "./store.ts";

export interface ListFilter {
  /** Part of a skill's id or name, any case. */
  skill?: string | undefined;
  /** A whole tag, any case. */
  tag?: string | undefined;
  limit: number;
  offset: number;
}

export interface SearchFilter {
  /** Part of the name, description or a tag, any case. */
  q?: string | undefined;
  /** Every one of these tags, any case. */
  tags: readonly string[];
  skill?: string | undefined;
  sort: "newest" | "name" | "version" | "rating";
  limit: number;
  offset: number;
}

export interface Rating {
  average: number | null;
  count: number;
}

type Builder = ExpressionBuilder<Database, "agents">;

/** Finds agents. Newest first unless asked otherwise. */
export class AgentSearch {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async list({ skill, tag, limit, offset }: ListFilter): Promise<Agent[]> {
    const query = this.#storage.db
      .selectFrom("agents")
      .selectAll()
      .where((eb) => eb.and([...hasSkill(eb, skill), ...hasTags(eb, tag === undefined ? [] : [tag])]));
    const rows = await query.orderBy("created_at", "desc").limit(limit).offset(offset).execute();
    return rows.map(fromRow);
  }

  async search(filter: SearchFilter): Promise<{ total: number; found: { agent: Agent; rating: Rating }[] }> {
    const { db } = this.#storage;
    const matches = (eb: Builder) =>
      eb.and([...contains(eb, "search_text", filter.q), ...hasSkill(eb, filter.skill), ...hasTags(eb, filter.tags)]);
    const counting = db.selectFrom("agents").where(matches);
    const { total } = await counting.select((eb) => eb.fn.countAll<bigint>().as("total")).executeTakeFirstOrThrow();

    const ratings = db
      .selectFrom("reviews")
      .select((eb) => [
        "agent_id",
        eb.fn.avg<number | string>("rating").as("average"),
        eb.fn.countAll<bigint>().as("reviews"),
      ])
      .groupBy("agent_id")
      .as("ratings");
    const page = db
      .selectFrom("agents")
      .leftJoin(ratings, "ratings.agent_id", "agents.id")
      .selectAll("agents")
      .select(["ratings.average", "ratings.reviews"])
      .where(matches as never)
      .$call((query) => {
        if (filter.sort === "name") return query.orderBy(this.#binary("agents.name")).orderBy("created_at", "desc");
        if (filter.sort === "version") {
          return query.orderBy(this.#binary("agents.version_key"), "desc").orderBy("created_at", "desc");
        }
        if (filter.sort === "rating") {
          return query.orderBy(sql`coalesce(ratings.average, 0)`, "desc").orderBy("created_at", "desc");
        }
        return query.orderBy("created_at", "desc");
      });
    const rows = await page.limit(filter.limit).offset(filter.offset).execute();
    return {
      total: Number(total),
      found: rows.map((row) => ({
        agent: fromRow(row),
        rating: { average: row.average === null ? null : Number(row.average), count: Number(row.reviews ?? 0n) },
      })),
    };
  }

  /** Every tag with the number of agents that carry it, by name. Spellings that differ in case only count as one. */
  async tags(): Promise<{ name: string; count: number }[]> {
    const rows = await this.#storage.db
      .selectFrom("agent_tags")
      .select((eb) => [eb.fn.min("tag").as("name"), eb.fn.count<bigint>("agent_id").distinct().as("count")])
      .groupBy("tag_lower")
      .orderBy(this.#binary("tag_lower"))
      .limit(TAGS_MAX)
      .execute();
    return rows.map(({ name, count }) => ({ name, count: Number(count) }));
  }

  /** Agents of exactly this name, newest first. */
  async byName(name: string, version?: string): Promise<Agent[]> {
    const query = this.#storage.db
      .selectFrom("agents")
      .selectAll()
      .where("name", "=", name)
      .where((eb) => eb.and(version === undefined ? [] : [eb("version", "=", version)]));
    return (await query.orderBy("created_at", "desc").limit(BY_NAME_MAX).execute()).map(fromRow);
  }

  /** Text in byte order on both engines, whatever the database's locale. */
  #binary(column: string): Expression<string> {
    const reference = sql.ref<string>(column);
    return this.#storage.engine === "postgres" ? sql<string>`${reference} collate "C"` : reference;
  }
}

const TAGS_MAX = 10_000;
const BY_NAME_MAX = 1_000;

const hasSkill = (eb: Builder, skill: string | undefined) => contains(eb, "skills_text", skill);

function contains(eb: Builder, column: "skills_text" | "search_text", part: string | undefined): Expression<SqlBool>[] {
  if (!part) return [];
  const pattern = `%${part.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`;
  return [sql<SqlBool>`${eb.ref(column)} like ${pattern} escape '\\'`];
}

const hasTags = (eb: Builder, tags: readonly string[]) =>
  tags.map((tag) =>
    eb.exists(
      eb
        .selectFrom("agent_tags")
        .select("agent_tags.agent_id")
        .whereRef("agent_tags.agent_id", "=", "agents.id")
        .where("agent_tags.tag_lower", "=", tag.toLowerCase()),
    ),
  );
