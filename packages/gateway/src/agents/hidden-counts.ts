import { sql } from "kysely";
import type { Reach } from "../access/index.ts";
import { CachedLookup, type Clock, type Micros, microsNow } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { GRANTS_TOPIC } from "./grant.ts";
import { AGENTS_TOPIC } from "./store.ts";
import { hiddenAgents } from "./visible.ts";

/** Of one tag, how many of some agents carry it. */
export interface TagRow {
  tag_key: string;
  name: string;
  agents: bigint;
}

/** What is counted of the hidden agents that an organization sees. */
interface Counted {
  orgId: string;
  agents: number;
  /** By their keys, in the order of their bytes. */
  tags: readonly TagRow[];
  /** When the first of the grants ends that were counted; null for never. */
  until: Micros | null;
}

/** So many hidden agents of one caller are looked at for their tags. */
const LOOKED_AT_MAX = 10_000;
const KEPT_BYTES = 16_777_216;
const KEPT_BYTES_EACH = 2_097_152;

/**
 * How many hidden agents an organization sees beside those that everybody does, and with which tags. What everybody sees is counted by the
 * database as it changes; this depends on who asks, takes a look at each of them, and is kept until an agent or a grant of the organization
 * changes, or a grant ends.
 */
export class HiddenCounts {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #counted: CachedLookup<Counted>;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
    this.#counted = new CachedLookup<Counted>((orgId) => this.#count(orgId), {
      shares: {
        bytesMax: KEPT_BYTES,
        perOwner: KEPT_BYTES_EACH,
        bytesOf: ({ tags }) =>
          tags.reduce((sum, { tag_key, name }) => sum + 2 * (tag_key.length + name.length) + 80, 200),
        ownerOf: ({ orgId }) => orgId,
      },
    });
    storage.changes.subscribe(AGENTS_TOPIC, () => this.#counted.clear());
    storage.changes.subscribe(GRANTS_TOPIC, (changed) =>
      this.#counted.forget(changed?.map((key) => key.split(" ")[1]!)),
    );
  }

  /** How many. */
  async agents(reach: Reach): Promise<number> {
    const orgId = wholeOrg(reach);
    if (orgId !== undefined) return (await this.#of(orgId)).agents;
    return this.#countAgents(reach);
  }

  /** Their tags, by their keys in the order of their bytes. */
  async tags(reach: Reach): Promise<readonly TagRow[]> {
    const orgId = wholeOrg(reach);
    return orgId === undefined ? this.#countTags(reach) : (await this.#of(orgId)).tags;
  }

  async #of(orgId: string): Promise<Counted> {
    const counted = (await this.#counted.get(orgId))!;
    if (counted.until === null || counted.until > microsNow(this.#clock)) return counted;
    this.#counted.delete(orgId);
    return (await this.#counted.get(orgId))!;
  }

  async #count(orgId: string): Promise<Counted> {
    const reach: Reach = { hidden: "own", orgId, among: undefined };
    const [agents, tags, until] = await Promise.all([
      this.#countAgents(reach),
      this.#countTags(reach),
      this.#firstEnd(orgId),
    ]);
    return { orgId, agents, tags, until };
  }

  async #countAgents(reach: Reach): Promise<number> {
    const counted = sql<{ seen: bigint }>`
      select cast(count(*) as bigint) as seen from (${hiddenAgents("seq", reach, this.#now)}) as seen_beside`;
    return Number((await counted.execute(this.#storage.db)).rows[0]!.seen);
  }

  async #countTags(reach: Reach): Promise<readonly TagRow[]> {
    const looked = sql`
      select id from (${hiddenAgents("id", reach, this.#now)}) as seen_beside limit ${sql.lit(LOOKED_AT_MAX)}`;
    const counted = sql<TagRow>`
      select tag_key, min(tag) as name, cast(count(*) as bigint) as agents from agent_tags
      where agent_id in (${looked}) group by tag_key`;
    return (await counted.execute(this.#storage.db)).rows.sort((a, b) => compareBytes(a.tag_key, b.tag_key));
  }

  async #firstEnd(orgId: string): Promise<Micros | null> {
    const lasting = this.#storage.db
      .selectFrom("agent_grants")
      .where("org_id", "=", orgId)
      .where("expires_at", ">", this.#now);
    const { until } = await lasting
      .select((eb) => eb.fn.min<bigint | null>("expires_at").as("until"))
      .executeTakeFirstOrThrow();
    return until;
  }

  get #now() {
    return microsNow(this.#clock);
  }
}

/** The organization where nothing else bounds what is seen. */
const wholeOrg = ({ hidden, orgId, among }: Reach): string | undefined =>
  hidden === "own" && among === undefined ? orgId : undefined;

/** As both databases order the keys of tags. */
export const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Both, as one list in this order. */
export function mergeTags(some: readonly TagRow[], others: readonly TagRow[]): TagRow[] {
  const merged = new Map(some.map((row) => [row.tag_key, row]));
  for (const row of others) {
    const same = merged.get(row.tag_key);
    const name = same && compareBytes(same.name, row.name) < 0 ? same.name : row.name;
    merged.set(row.tag_key, same ? { ...row, name, agents: same.agents + row.agents } : row);
  }
  return [...merged.values()].sort((a, b) => compareBytes(a.tag_key, b.tag_key));
}
