import { type Kysely, sql } from "kysely";
import type { Database } from "../storage/index.ts";
import { type AgentProtocolName, agentProtocols } from "./agent.ts";
import type { HealthState } from "./track-record.ts";

/** Tags that are told of, those of most agents. */
const TAGS_MAX = 30;
/** Upper bounds of the ranges of prices, in micro-dollars. */
const PRICES = [0n, 1_000n, 10_000n, 100_000n, 1_000_000n];
/** Averages of reviews that one may ask for, at least. */
const RATINGS = [4.5, 4, 3];

export interface Facets {
  /** Of how many agents they tell. */
  agents: number;
  tags: { name: string; count: number }[];
  protocols: Record<AgentProtocolName, number>;
  health: Record<HealthState, number>;
  /** Ascending; from more than the one before, up to `max` micro-dollars, undefined for no bound. */
  prices: { max: bigint | undefined; count: number }[];
  /** Descending; those rated `min` or better. */
  ratings: { min: number; count: number }[];
}

/** What agents of these numbers are like; of a bounded number of them. */
export async function facetsOf(db: Kysely<Database>, numbers: readonly bigint[]): Promise<Facets> {
  const found = numbers.length === 0 ? [] : await plainFacts(db, numbers);
  // Named one by one: so that both databases look each of them up, and do not read what there is of all.
  const ids = found.map(({ id }) => id);
  const [looks, tags] = ids.length === 0 ? [[], []] : await Promise.all([healthOf(db, ids), tagsOf(db, ids)]);
  const looked = (state: HealthState) => Number(looks.find(({ status }) => status === state)?.count ?? 0n);
  const [healthy, unhealthy] = [looked("healthy"), looked("unhealthy")];
  const count = (holds: (one: (typeof found)[number]) => boolean) => found.filter(holds).length;
  return {
    agents: found.length,
    tags: tags.map(({ name, count }) => ({ name, count: Number(count) })),
    protocols: Object.fromEntries(
      agentProtocols.map((name) => [name, count(({ protocol }) => protocol === name)]),
    ) as Facets["protocols"],
    health: { healthy, unhealthy, unknown: found.length - healthy - unhealthy },
    prices: [...PRICES, undefined].map((max, at) => {
      const above = at === 0 ? -1n : PRICES[at - 1]!;
      return { max, count: count(({ price_per_task: price }) => price > above && (max === undefined || price <= max)) };
    }),
    ratings: RATINGS.map((min) => ({ min, count: count(({ rating }) => rating !== null && rating >= min) })),
  };
}

const plainFacts = (db: Kysely<Database>, numbers: readonly bigint[]) =>
  db.selectFrom("agents").select(["id", "protocol", "price_per_task", "rating"]).where("seq", "in", numbers).execute();

const healthOf = (db: Kysely<Database>, ids: readonly string[]) =>
  db
    .selectFrom("agent_health")
    .select((eb) => ["status", eb.fn.countAll<bigint>().as("count")])
    .where("agent_id", "in", ids)
    .groupBy("status")
    .execute();

async function tagsOf(db: Kysely<Database>, ids: readonly string[]): Promise<{ name: string; count: bigint }[]> {
  const query = sql<{ name: string; count: bigint }>`
    select min(tag) as name, count(*) as count from agent_tags where agent_id in (${sql.join(ids)})
    group by tag_key order by count desc, name limit ${sql.lit(TAGS_MAX)}`;
  return (await query.execute(db)).rows;
}
