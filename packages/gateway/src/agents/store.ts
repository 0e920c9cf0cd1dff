import { SLUG_MAX, slugsFor } from "@agentgate/protocol";
import type { Insertable, Kysely, Selectable, Transaction } from "kysely";
import { isGrantable, isPublic } from "../access/index.ts";
import {
  type AgentsTable,
  type AgentTagsTable,
  countWhere,
  type Database,
  lockingRow,
  type Note,
  type Storage,
} from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { APPROVED, type Approval } from "./approval/approval.ts";
import { recordLimits } from "./fields.ts";
import { fitSkills } from "./fit.ts";
import { GRANTS_TOPIC, grantKey } from "./grant.ts";
import { searchTexts, tagKey } from "./search-text.ts";
import { pricesFromJson, pricesToJson, withoutPrices } from "./skills/prices.ts";
import { recordedSkills } from "./skills/skill.ts";
import { replaceSkills, repriceSkills } from "./skills/skill-store.ts";
import { versionKey } from "./version-key.ts";

/** Everything but what is only searched. */
export const agentColumns = [
  ...(["id", "name", "description", "url", "version", "skills", "tags", "webhook_url", "price_per_task"] as const),
  ...([
    "prices",
    "slug",
    "org_id",
    "key_hash",
    "deployed",
    "timeout_ms",
    "protocol",
    "protocol_setting",
    "approval",
    "approval_reason",
    "approval_since",
    "change_state",
    "visibility",
    "has_grants",
    "created_at",
    "updated_at",
  ] as const),
] as const;

type AgentRow = Pick<Selectable<AgentsTable>, (typeof agentColumns)[number]>;

export function fromRow(row: AgentRow): Agent {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    url: row.url,
    version: row.version,
    skills: skillsOf(row.skills),
    tags: JSON.parse(row.tags),
    webhookUrl: row.webhook_url,
    pricePerTask: row.price_per_task,
    prices: pricesFromJson(row.prices),
    slug: row.slug,
    orgId: row.org_id,
    keyHash: row.key_hash,
    deployed: row.deployed === 1n,
    timeoutMs: row.timeout_ms === null ? null : Number(row.timeout_ms),
    protocol: row.protocol,
    protocolSetting: row.protocol_setting,
    approval: approvalOf(row),
    visibility: row.visibility,
    hasGrants: row.has_grants === 1n,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function approvalOf({
  approval: state,
  approval_reason: reason,
  approval_since: since,
  change_state,
}: AgentRow): Approval {
  if (state === "approved" && since === null && change_state === null) return APPROVED;
  return { state, reason, since, change: change_state };
}

/** Earlier releases took more from a card than a record may hold now, and what it may have said of prices. */
function skillsOf(text: string): Agent["skills"] {
  const skills = withoutPrices(JSON.parse(text));
  return text.length > recordLimits.skillsBytes ? fitSkills(skills) : skills;
}

export function toRow(agent: Agent): Insertable<AgentsTable> {
  return {
    id: agent.id,
    name: agent.name,
    description: agent.description,
    url: agent.url,
    version: agent.version,
    version_key: versionKey(agent.version),
    skills: JSON.stringify(agent.skills),
    tags: JSON.stringify(agent.tags),
    ...searchTexts(agent),
    webhook_url: agent.webhookUrl,
    price_per_task: agent.pricePerTask,
    prices: pricesToJson(agent.prices),
    slug: agent.slug,
    org_id: agent.orgId,
    key_hash: agent.keyHash,
    deployed: agent.deployed ? 1n : 0n,
    timeout_ms: agent.timeoutMs === null ? null : BigInt(agent.timeoutMs),
    protocol: agent.protocol,
    protocol_setting: agent.protocolSetting,
    approval: agent.approval.state,
    approval_reason: agent.approval.reason,
    approval_since: agent.approval.since,
    change_state: agent.approval.change,
    visibility: agent.visibility,
    has_grants: agent.hasGrants ? 1n : 0n,
    hidden: isPublic(agent) ? 0n : 1n,
    granted: isGrantable(agent) ? 1n : 0n,
    created_at: agent.createdAt,
    updated_at: agent.updatedAt,
  };
}

/** One row per tag; of spellings that are one, the first. */
export function tagRows(agent: Agent): Insertable<AgentTagsTable>[] {
  const hidden = isPublic(agent) ? 0n : 1n;
  const rows = agent.tags.map((tag) => ({ agent_id: agent.id, tag, tag_key: tagKey(tag), hidden }));
  return [...new Map(rows.toReversed().map((row) => [row.tag_key, row])).values()];
}

/** Why an agent could not be inserted. */
export type Refusal = { refused: "limit"; agentsMax: number } | { refused: "no_org" };

/** What else is done in the transaction of a change. */
export type Along = (trx: Transaction<Database>, note: Note) => Promise<void>;

/** Where agents live. */
export class AgentStore {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get db(): Kysely<Database> {
    return this.#storage.db;
  }

  async find(id: string): Promise<Agent | undefined> {
    const row = await this.db.selectFrom("agents").select(agentColumns).where("id", "=", id).executeTakeFirst();
    return row && fromRow(row);
  }

  /**
   * Inserts the agent, with a slug that nobody has, unless its organization has all it may have. The organization's row is locked, so that
   * concurrent registrations cannot both take the last place.
   */
  insert(
    given: Omit<Agent, "slug">,
    agentsMaxOf: (tier: string) => number,
    along: (...args: [...Parameters<Along>, agent: Agent]) => Promise<void>,
  ): Promise<Agent | Refusal> {
    return this.#change(given.id, async (trx, note) => {
      if (given.orgId !== null) {
        const refusal = await checkPlace(trx, given.orgId, agentsMaxOf);
        if (refusal) return refusal;
      }
      await lockCounts(trx);
      const agent = { ...given, slug: await freeSlug(trx, given) };
      note(SLUGS_TOPIC, [agent.slug]);
      await trx.insertInto("agents").values(toRow(agent)).execute();
      await insertTags(trx, tagRows(agent));
      if (tellsSkills(agent)) await replaceSkills(trx, agent, recordedSkills(agent));
      await along(trx, note, agent);
      return agent;
    });
  }

  /** The agent whose tools are named by this. */
  async findIdBySlug(slug: string): Promise<string | undefined> {
    const row = await this.db.selectFrom("agents").select("id").where("slug", "=", slug).executeTakeFirst();
    return row?.id;
  }

  /** Replaces a record by `change` of what is stored now, and does `along` with it. Undefined when it is gone. */
  update(
    id: string,
    change: (current: Agent, trx: Transaction<Database>) => Agent | Promise<Agent>,
    along?: (...args: [...Parameters<Along>, change: { before: Agent; after: Agent }]) => Promise<void>,
  ): Promise<Agent | undefined> {
    return this.#change(id, async (trx, note) => {
      const locked = lockingRow(this.#storage, trx.selectFrom("agents").select(agentColumns).where("id", "=", id));
      const row = await locked.executeTakeFirst();
      if (!row) return undefined;
      const before = fromRow(row);
      const agent = await change(before, trx);
      if (isPublic(agent) !== isPublic(before)) await lockCounts(trx);
      await trx.updateTable("agents").set(toRow(agent)).where("id", "=", id).execute();
      await changeTags(trx, before, agent);
      await changeSkills(trx, before, agent);
      await along?.(trx, note, { before, after: agent });
      return agent;
    });
  }

  delete(id: string, along?: (...args: [...Parameters<Along>, agent: Agent]) => Promise<void>): Promise<boolean> {
    return this.#change(id, async (trx, note) => {
      await trx.updateTable("agents").set({ id }).where("id", "=", id).execute(); // locks the row
      const row = await trx.selectFrom("agents").select(agentColumns).where("id", "=", id).executeTakeFirst();
      if (!row) return false;
      await lockCounts(trx);
      const grants = await trx.selectFrom("agent_grants").select("org_id").where("agent_id", "=", id).execute();
      note(
        GRANTS_TOPIC,
        grants.map(({ org_id }) => grantKey(id, org_id)),
      );
      await along?.(trx, note, fromRow(row));
      note(SLUGS_TOPIC, [row.slug]);
      await trx.deleteFrom("agents").where("id", "=", id).execute();
      return true;
    });
  }

  /** By organization, of at most 1,000; those without agents are not in it. */
  async countsByOrg(orgIds: readonly string[]): Promise<Map<string, number>> {
    if (orgIds.length === 0) return new Map();
    const query = this.db
      .selectFrom("agents")
      .select((eb) => ["org_id", eb.fn.countAll<bigint>().as("count")])
      .where("org_id", "in", orgIds)
      .groupBy("org_id");
    return new Map((await query.execute()).map(({ org_id, count }) => [org_id!, Number(count)]));
  }

  async countByOrg(orgId: string): Promise<number> {
    const query = this.db.selectFrom("agents").select((eb) => eb.fn.countAll<bigint>().as("count"));
    return Number((await query.where("org_id", "=", orgId).executeTakeFirstOrThrow()).count);
  }

  #change<T>(id: string, work: (trx: Transaction<Database>, note: Note) => Promise<T>): Promise<T> {
    return this.#storage.changes.transaction((trx, note) => {
      note(AGENTS_TOPIC, [id]);
      return work(trx, note);
    });
  }
}

/** The change feed's topic for everything the directory caches; its keys are agents' ids. */
export const AGENTS_TOPIC = "agents";
/** The one for which agent has which slug; its keys are slugs. */
export const SLUGS_TOPIC = "slugs";

/** Whether what it can do is what its record tells. */
const tellsSkills = ({ protocol }: Agent): boolean => protocol === "plain" || protocol === "a2a";

/** Who registers an agent does so one after the other, since it is counted: nobody takes a slug between. */
async function freeSlug(trx: Transaction<Database>, agent: Omit<Agent, "slug">): Promise<string> {
  const wanted = slugsFor(agent, isPublic(agent));
  const taken = await trx.selectFrom("agents").select("slug").where("slug", "in", wanted).execute();
  return (
    wanted.find((slug) => !taken.some((one) => one.slug === slug)) ?? agent.id.replaceAll("-", "").slice(0, SLUG_MAX)
  );
}

/** The rows of skills follow the record; of an agent whose skills are read elsewhere, their prices alone do. */
async function changeSkills(trx: Transaction<Database>, before: Agent, after: Agent): Promise<void> {
  if (!tellsSkills(after)) {
    if (before.prices !== after.prices) await repriceSkills(trx, after);
    return;
  }
  const told = ({ name, description, protocol, prices, skills }: Agent) =>
    JSON.stringify([name, description, protocol, pricesToJson(prices), skills]);
  if (told(before) !== told(after)) await replaceSkills(trx, after, recordedSkills(after));
}

/**
 * Whoever changes how many agents there are, or carry a tag, does so one after the other: triggers count in rows that many share. Taken
 * after the rows of the organization and the agent.
 */
async function lockCounts(trx: Transaction<Database>): Promise<void> {
  await trx.updateTable("totals").set({ name: "agents" }).where("name", "=", "agents").execute();
}

async function insertTags(trx: Transaction<Database>, rows: Insertable<AgentTagsTable>[]): Promise<void> {
  if (rows.length) await trx.insertInto("agent_tags").values(rows).execute();
}

/** Touches only the tags that come or go. */
async function changeTags(trx: Transaction<Database>, before: Agent, after: Agent): Promise<void> {
  const [old, now] = [tagRows(before), tagRows(after)];
  const isIn = (rows: typeof old) => (row: (typeof old)[number]) =>
    rows.some(({ tag, hidden }) => tag === row.tag && hidden === row.hidden);
  const [gone, come] = [old.filter((row) => !isIn(now)(row)), now.filter((row) => !isIn(old)(row))];
  if (gone.length + come.length === 0) return;
  await lockCounts(trx);
  const goneKeys = gone.map(({ tag_key }) => tag_key);
  if (gone.length) {
    await trx.deleteFrom("agent_tags").where("agent_id", "=", after.id).where("tag_key", "in", goneKeys).execute();
  }
  await insertTags(trx, come);
}

async function checkPlace(
  trx: Transaction<Database>,
  orgId: string,
  agentsMaxOf: (tier: string) => number,
): Promise<Refusal | undefined> {
  const lock = trx.updateTable("orgs").set({ id: orgId }).where("id", "=", orgId).returning("tier");
  const org = await lock.executeTakeFirst();
  if (!org) return { refused: "no_org" };
  const agentsMax = agentsMaxOf(org.tier);
  const { count } = await trx
    .selectFrom("agents")
    .select((eb) => countWhere(eb("org_id", "=", orgId)).as("count"))
    .where("org_id", "=", orgId)
    .executeTakeFirstOrThrow();
  return count >= BigInt(agentsMax) ? { refused: "limit", agentsMax } : undefined;
}
