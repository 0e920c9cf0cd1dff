import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../storage/index.ts";
import { inFullText, isWanted } from "./matching.ts";
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
    const most = page.sort === "newest" ? MATCHES_MAX : lookedUpMax(page, all, STEP_COST);
    const { count, rows } = await this.#lookUp(page, most);
    if (count <= most) return { count, rows };
    return {
      count,
      rows: await this.#rows(page.sort === "newest" ? newest(page) : inOrder(isWanted(page), page), page.sort),
    };
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
