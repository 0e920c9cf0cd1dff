import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../storage/index.ts";
import { hasFilters, isOfUnwell, leavesMost } from "./filters.ts";
import { contains, inFullText, isWanted } from "./matching.ts";
import {
  columns,
  type Finder,
  type Finding,
  lookedUpMax,
  MATCHES_MAX,
  orders,
  type Page,
  type SearchRow,
  sizedRows,
  toFindings,
} from "./page.ts";

/** Reading an agent's texts takes a few times as long as being told a number. */
const STEP_COST = 5;
/** So many agents' texts are looked at one by one, at most. */
const FEW = 3_000;

/**
 * Finds agents by SQLite's full-text table, which tells the numbers of those that match quickly, 3,000 within a millisecond, and in the
 * order of the numbers, which is that of registration.
 */
export class SqliteFinder implements Finder {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  list(page: Page): Promise<SearchRow[]> {
    return this.#rows(newest(page), page.sort);
  }

  async search(page: Page, all: number): Promise<{ count: number; rows: SearchRow[] }> {
    const { filters = {} } = page;
    if (hasFilters(filters) && !leavesMost(filters)) {
      const few = await this.#amongFew(page);
      if (few) return few;
    }
    const most =
      page.sort === "newest" || hasFilters(page.filters ?? {}) ? MATCHES_MAX : lookedUpMax(page, all, STEP_COST);
    const { count, rows } = await this.#lookUp(page, most);
    if (count <= most) return { count, rows };
    return {
      count,
      rows: await this.#rows(page.sort === "newest" ? newest(page) : inOrder(isWanted(page), page), page.sort),
    };
  }

  async numbers(page: Page): Promise<bigint[]> {
    const numbers = page.parts.length > 0 ? newest(page) : inOrder(isWanted(page), page);
    const { rows } = await sql<{ seq: bigint }>`select seq from (${numbers}) as found`.execute(this.#db);
    return rows.map(({ seq }) => seq);
  }

  async filter(page: Page): Promise<{ count: number; rows: SearchRow[] }> {
    const { found } = await this.#amongPassing(page, MATCHES_MAX, sql`select seq from passing`);
    if (found.count <= MATCHES_MAX) return found;
    return { count: found.count, rows: await this.#rows(inOrder(isWanted(page), page), page.sort) };
  }

  /** The matches among agents that pass the filters, where these are few enough to look at the texts of each; undefined where they are not. */
  async #amongFew(page: Page) {
    const matching = sql`
      select seq from agents
      where seq in (select seq from passing where (select count(*) from passing) <= ${sql.lit(FEW)}) and ${contains(page.parts)}
      limit ${sql.lit(MATCHES_MAX + 1)}`;
    const { passing, found } = await this.#amongPassing(page, FEW, matching);
    return passing <= FEW && found.count <= MATCHES_MAX ? found : undefined;
  }

  /** Of the agents that pass the filters, which one index tells, up to one more than `most`. @param matching a query of `seq`, of `passing` */
  async #amongPassing({ sort, ...page }: Page, most: number, matching: RawBuilder<unknown>) {
    const isFound = sql<SqlBool>`
      seq in (select seq from found) and (select count(*) from found) <= ${sql.lit(MATCHES_MAX)}`;
    const { rows } = await sql<Finding & { passing: bigint }>`
      with passing as materialized (
        select seq from agents ${isOfUnwell(page.filters ?? {}) ? sql`` : sql`indexed by agents_filters`}
        where ${isWanted({ ...page, parts: [] })} ${isOfUnwell(page.filters ?? {}) ? sql`` : sql`order by ${orders.newest}`}
        limit ${sql.lit(most + 1)}
      ),
      found as materialized (${matching}),
      counted as materialized (select (select count(*) from found) as matching, (select count(*) from passing) as passing),
      page(number) as (${inOrder(isFound, { ...page, sort })})
      select matching, passing, ${columns}
      from counted left join (${sizedRows(sql`select number from page`, sort)}) as shown on true order by ${orders[sort]}
    `.execute(this.#db);
    return { passing: Number(rows[0]!.passing), found: toFindings(rows) };
  }

  /** How many match, and the page, unless there are more than `most`. Of more than a few the page is met by walking along its order's index. */
  async #lookUp(page: Page, most: number) {
    const { sort, limit } = page;
    const between = (min: number, max: number) =>
      sql`case when (select matching from counted) between ${sql.lit(min)} and ${max} then ${limit} else 0 end`;
    const isFound = sql<SqlBool>`seq in (select seq from found)`;
    const { rows } = await sql<Finding>`
      with found as materialized (${inFullText(page)} limit ${most + 1}),
      counted as materialized (select count(*) as matching from found),
      page(number) as (
        select * from (${inOrder(isFound, { ...page, limit: between(0, MATCHES_MAX) })})
        union all
        select * from (${inOrder(sql<SqlBool>`+${isFound}`, { ...page, limit: between(MATCHES_MAX + 1, most) })})
      )
      select matching, ${columns} from counted left join (${sizedRows(sql`select number from page`, sort)}) as shown on true
      order by ${orders[sort]}
    `.execute(this.#db);
    return toFindings(rows);
  }

  async #rows(numbers: RawBuilder<unknown>, sort: Page["sort"]): Promise<SearchRow[]> {
    return (await sizedRows(numbers, sort).execute(this.#db)).rows;
  }
}

const newest = ({ limit, offset, after, ...wanted }: Page) =>
  sql`${inFullText(wanted)} ${after ? sql`and rowid < ${after.seq}` : sql``} order by rowid desc limit ${limit} offset ${offset}`;

const inOrder = (
  condition: RawBuilder<SqlBool>,
  { sort, limit, offset }: Omit<Page, "limit"> & { limit: number | RawBuilder<unknown> },
) => sql`select seq from agents where ${condition} order by ${orders[sort]} limit ${limit} offset ${offset}`;
