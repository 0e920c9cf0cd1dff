import type { MicroDollars } from "@agentgate/protocol";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { type Reach, reachOf } from "../access/index.ts";
import type { Principal } from "../http/index.ts";
import { type Clock, microsNow } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { pageOfRows, placeOf } from "./agent-list.ts";
import type { Grants } from "./grants.ts";
import { contains } from "./matching.ts";
import { isBehind, orders, type SearchRow, sizedRows } from "./page.ts";
import { priceTo } from "./price-to.ts";
import { type Rating, ratingOf } from "./search.ts";
import { partsOf } from "./search-text.ts";
import { pricedFor } from "./sight.ts";
import { fromRow } from "./store.ts";
import { isVisible } from "./visible.ts";

export interface SaleFilter {
  /** Words that are all in the name, the description, a tag or a skill; in any case. */
  words?: readonly string[] | undefined;
  /** At least one of these is a tag, or part of a skill's id or name. */
  categories?: readonly string[] | undefined;
  /** Of one task. */
  price?: { min?: MicroDollars | undefined; max?: MicroDollars | undefined } | undefined;
}

export interface AgentForSale {
  agent: Agent;
  rating: Rating;
}

/** So many agents are looked at for one page; it may be short, and the list goes on where it ended. */
const STEPS_MAX = 2_000;
/** More are not counted. */
const COUNT_MAX = 10_000;

/** Whoever pays may have it work: it has a price, and no key of its own. */
const isSold = sql<SqlBool>`price_per_task > 0 and key_hash is null`;
const byName = sql`name, seq`;

/** What a caller may buy, and for how much. */
interface Offered {
  reach: Reach;
  isSold: RawBuilder<SqlBool>;
  price: RawBuilder<unknown>;
}

/** The agents whose tasks a caller may buy: those that it may call, at its prices. */
export class AgentsForSale {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #grants: Pick<Grants, "pricesOf">;

  constructor(storage: Storage, clock: Clock, grants: Pick<Grants, "pricesOf">) {
    this.#storage = storage;
    this.#clock = clock;
    this.#grants = grants;
  }

  /**
   * A page of those that match, newest first. What it costs does not grow with how many do not match.
   *
   * @param after `next` of the page before
   */
  async search(
    filter: SaleFilter,
    { limit, after }: { limit: number; after?: string | undefined },
    caller: Principal | undefined,
  ) {
    const offered = this.#offeredTo(caller);
    const place = placeOf(after);
    const behind = place ? isBehind(place) : sql`true`;
    const inOrder = sql`from agents where ${offered.isSold} and ${behind} order by ${orders.newest}`;
    const numbers = sql`
      select seq from (select * ${inOrder} limit ${STEPS_MAX}) as agents
      where ${matches(filter, offered.price)} order by ${orders.newest} limit ${limit + 1}`;
    const found = pageOfRows((await sizedRows(numbers, "newest").execute(this.#db)).rows, limit);
    const last = found.hasMore ? found.rows.at(-1) : await this.#lastStep(inOrder);
    return {
      found: await this.#toFound(found.rows, offered),
      next: last ? `${last.created_at}-${last.seq}` : undefined,
    };
  }

  /** Those of these agents that are for sale and match. */
  async among(ids: readonly string[], filter: SaleFilter, caller: Principal | undefined): Promise<AgentForSale[]> {
    if (ids.length === 0) return [];
    const offered = this.#offeredTo(caller);
    const numbers = sql`
      select seq from agents where id in (${sql.join(ids)}) and ${offered.isSold} and ${matches(filter, offered.price)}`;
    return this.#toFound((await sizedRows(numbers, "newest").execute(this.#db)).rows, offered);
  }

  /** A page of all, by name. @param after `next` of the page before */
  async list(
    { limit, after }: { limit: number; after?: { name: string; seq: bigint } | undefined },
    caller: Principal | undefined,
  ) {
    const { isSold, reach } = this.#offeredTo(caller);
    const behind = after ? sql`(name, seq) > (${after.name}, ${after.seq})` : sql`true`;
    const numbers = sql`select seq from agents where ${isSold} and ${behind} order by ${byName} limit ${limit + 1}`;
    const rows = (await sizedRows(numbers, "name").execute(this.#db)).rows;
    // Of one name, those that were registered first come first here.
    const sorted = rows.toSorted((a, b) => (a.name === b.name ? Number(a.seq - b.seq) : 0));
    const page = pageOfRows(sorted, limit);
    const last = page.rows.at(-1);
    return {
      agents: await pricedFor(page.rows.map(fromRow), reach, this.#grants),
      next: page.hasMore && last ? { name: last.name, seq: last.seq } : undefined,
    };
  }

  /** How many there are, and at most `COUNT_MAX`. */
  async count(caller: Principal | undefined): Promise<number> {
    const { isSold } = this.#offeredTo(caller);
    const counted = sql<{ count: bigint }>`
      select cast(count(*) as bigint) as count from (select 1 as one from agents where ${isSold} limit ${COUNT_MAX}) as sold`;
    return Number((await counted.execute(this.#db)).rows[0]!.count);
  }

  #offeredTo(caller: Principal | undefined): Offered {
    const reach = reachOf(caller);
    const now = microsNow(this.#clock);
    const isShown = sql<SqlBool>`${isSold} and ${isVisible(reach, now, { mayCall: true })}`;
    if (reach.orgId === undefined) return { reach, isSold: isShown, price: sql`price_per_task` };
    const price = priceTo(reach.orgId, now);
    return { reach, isSold: sql`${isShown} and ${price} > 0`, price };
  }

  async #toFound(rows: readonly SearchRow[], { reach }: Offered): Promise<AgentForSale[]> {
    const agents = await pricedFor(rows.map(fromRow), reach, this.#grants);
    return rows.map((row, index) => ({ agent: agents[index]!, rating: ratingOf(row) }));
  }

  /** Where the walk ended, if there is more behind. */
  async #lastStep(inOrder: RawBuilder<unknown>) {
    const query = sql<{ created_at: bigint; seq: bigint }>`
      select created_at, seq ${inOrder} limit 1 offset ${STEPS_MAX - 1}`;
    return (await query.execute(this.#db)).rows[0];
  }

  get #db() {
    return this.#storage.db;
  }
}

function matches(
  { words = [], categories = [], price = {} }: SaleFilter,
  ownPrice: RawBuilder<unknown>,
): RawBuilder<SqlBool> {
  const conditions = [
    ...words.map((word) => either([{ q: word }, { skill: word }])),
    ...(categories.length > 0 ? [either(categories.flatMap((name) => [{ tags: [name] }, { skill: name }]))] : []),
    ...(price.min === undefined ? [] : [sql<SqlBool>`${ownPrice} >= ${price.min}`]),
    ...(price.max === undefined ? [] : [sql<SqlBool>`${ownPrice} <= ${price.max}`]),
  ];
  return sql`(${sql.join([sql`true`, ...conditions], sql` and `)})`;
}

const either = (texts: readonly { q?: string; skill?: string; tags?: readonly string[] }[]): RawBuilder<SqlBool> =>
  sql`(${sql.join(
    texts.map(({ tags = [], ...text }) => contains(partsOf({ ...text, tags }))),
    sql` or `,
  )})`;
