import { directoryEntry } from "@agentgate/protocol/directory";
import type { Manifest } from "@agentgate/protocol/site";
import type { Kysely, Selectable, Transaction } from "kysely";
import { CachedLookup, type Micros } from "../../runtime/index.ts";
import type { AgentManifestsTable, Database, Storage } from "../../storage/index.ts";
import { type Agent, shareOwner } from "../agent.ts";
import { isSamePrices, pricesFromJson, pricesToJson } from "../skills/prices.ts";
import { AGENTS_TOPIC } from "../store.ts";
import { type FoundManifest, toolsOf } from "./found-manifest.ts";
import { pricesAfter } from "./site-fields.ts";
import { type StandingTool, standingOf } from "./standing.ts";

/** A site's manifest as the gateway keeps it. */
export interface StoredManifest {
  agentId: string;
  /** Where its paths begin, without a slash at the end. */
  url: string;
  /** As it was approved, with what was added since. */
  approved: Manifest;
  /** As the site tells it by now, where that is otherwise. */
  found: Manifest | undefined;
  /** Of the text as it was served last, and what its server calls that. */
  digest: string;
  etag: string | undefined;
  /** By name, with how they stand. */
  tools: ReadonlyMap<string, StandingTool>;
  checkedAt: Micros;
  /** Why the last look failed; null when it did not. */
  failure: string | null;
  /** Whose share it takes in memory. */
  owner: string;
  bytes: number;
}

/** What is to be written of a look at a site. */
export interface LookedAt {
  url: string;
  approved: Manifest;
  found: Manifest | undefined;
  /** Of the text as it was served last, and what its server calls that. */
  digest: string;
  etag: string | undefined;
  checkedAt: Micros;
}

const MIB = 2 ** 20;
const CACHED = {
  bytesMax: 64 * MIB,
  perOwner: 8 * MIB,
  bytesOf: ({ bytes }: StoredManifest) => bytes,
  ownerOf: ({ owner }: StoredManifest) => owner,
};

/** The manifests of sites that are agents. Answers from memory where it can. */
export class AgentManifests {
  readonly #storage: Storage;
  readonly #cached: CachedLookup<StoredManifest>;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#cached = new CachedLookup((id) => this.#load(id), { shares: CACHED });
    storage.changes.subscribe(AGENTS_TOPIC, (changed) => this.#cached.forget(changed));
  }

  find(agentId: string): StoredManifest | undefined | Promise<StoredManifest | undefined> {
    return this.#cached.get(agentId);
  }

  /** As it is kept, past all memory, within the transaction that has locked the agent. */
  async read(trx: Kysely<Database>, agentId: string): Promise<StoredManifest | undefined> {
    const row = await query(trx).where("agent_manifests.agent_id", "=", agentId).executeTakeFirst();
    return row && fromRow(row);
  }

  /** Writes what a look has found, within the transaction that changes the agent and notes it. */
  async put(trx: Transaction<Database>, agentId: string, look: LookedAt): Promise<void> {
    const { url, approved, found, digest, etag, checkedAt } = look;
    const row = {
      url,
      approved: JSON.stringify(approved),
      found: found ? JSON.stringify(found) : null,
      digest,
      etag: etag ?? null,
      entry: entryOf(approved, url, digest),
      checked_at: checkedAt,
      due_at: checkedAt,
      failure: null,
    };
    await trx
      .insertInto("agent_manifests")
      .values({ agent_id: agentId, ...row })
      .onConflict((conflict) => conflict.column("agent_id").doUpdateSet(row))
      .execute();
  }

  /** What calls cost that were added since, within the transaction that has locked the agent. Answers the prices of all. */
  async reprice(
    trx: Transaction<Database>,
    { id }: Pick<Agent, "id">,
    before: StoredManifest,
    after: readonly StandingTool[],
  ): Promise<Agent["prices"]> {
    const query = trx.selectFrom("agents").select(["prices", "price_per_task"]).where("id", "=", id);
    const row = await query.executeTakeFirstOrThrow();
    const current = { prices: pricesFromJson(row.prices), pricePerTask: row.price_per_task };
    const old = [...before.tools.values()].map(({ tool }) => tool);
    const now = pricesAfter(
      current,
      old,
      after.map(({ tool }) => tool),
    );
    if (isSamePrices(now.prices, current.prices)) return current.prices;
    const changed = { prices: pricesToJson(now.prices), price_per_task: now.pricePerTask };
    await trx.updateTable("agents").set(changed).where("id", "=", id).execute();
    return now.prices;
  }

  /** Notes that a site was looked at, and told nothing new, or why it told nothing. No node has to hear of that. */
  async touch(agentId: string, now: Micros, failure: string | null): Promise<void> {
    await this.#storage.db
      .updateTable("agent_manifests")
      .set({ due_at: now, failure, ...(failure === null && { checked_at: now }) })
      .where("agent_id", "=", agentId)
      .execute();
  }

  /** Sites that were not looked at since, the longest first. */
  async due(before: Micros, limit: number): Promise<string[]> {
    const query = this.#storage.db.selectFrom("agent_manifests").select("agent_id").where("due_at", "<", before);
    return (await query.orderBy("due_at").limit(limit).execute()).map(({ agent_id }) => agent_id);
  }

  async #load(agentId: string): Promise<StoredManifest | undefined> {
    return this.read(this.#storage.db, agentId);
  }
}

const query = (db: Kysely<Database>) =>
  db
    .selectFrom("agent_manifests")
    .innerJoin("agents", "agents.id", "agent_manifests.agent_id")
    .selectAll("agent_manifests")
    .select("agents.org_id");

function fromRow(row: Selectable<AgentManifestsTable> & { org_id: string | null }): StoredManifest {
  const { agent_id: agentId, url, failure } = row;
  const approved: Manifest = JSON.parse(row.approved);
  const found: Manifest | undefined = row.found === null ? undefined : JSON.parse(row.found);
  const standing = standingOf(toolsOf(approved), found && toolsOf(found));
  return {
    agentId,
    url,
    approved,
    found,
    digest: row.digest,
    etag: row.etag ?? undefined,
    tools: new Map(standing.map((one) => [one.tool.name, one])),
    checkedAt: row.checked_at,
    failure,
    owner: shareOwner({ id: agentId, orgId: row.org_id }),
    bytes: 2_000 + 6 * (row.approved.length + (row.found?.length ?? 0)),
  };
}

/** Characters of what the directory of sites tells of one. */
const ENTRY_LENGTH_MAX = 32_768;

/** What the directory tells of the site, but for when it was seen and where it is called. A large one says less of each thing. */
function entryOf(approved: Manifest, url: string, digest: string): string {
  const entry = directoryEntry(approved, { url, manifest_digest: `sha256:${digest}`, checked_at: "" });
  const text = JSON.stringify(entry);
  if (text.length <= ENTRY_LENGTH_MAX) return text;
  const brief = <T extends { description: string }>(one: T): T => ({
    ...one,
    description: one.description.slice(0, 100).toWellFormed(),
  });
  const intents = entry.intents.slice(0, 40).map(brief);
  const flows = entry.flows
    .slice(0, 20)
    .map(brief)
    .map((flow) => ({ ...flow, steps: flow.steps.slice(0, 5) }));
  return JSON.stringify({ ...entry, intents, flows });
}

/** What is kept of a manifest that nobody has looked at before: whoever registers its site approves it. */
export const firstLook = ({ url, manifest, digest, etag }: FoundManifest, checkedAt: Micros): LookedAt => ({
  url,
  approved: manifest,
  found: undefined,
  digest,
  etag,
  checkedAt,
});
