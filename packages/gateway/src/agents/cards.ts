import { type AgentInterface, CardError, type NormalizedCard, normalizeCard } from "@agentgate/protocol/a2a";
import type { Kysely, Selectable, Transaction } from "kysely";
import { parseExact } from "../http/index.ts";
import { CachedLookup, type Micros, type Timestamps } from "../runtime/index.ts";
import type { AgentCardsTable, Database, Storage } from "../storage/index.ts";
import { type Agent, shareOwner } from "./agent.ts";
import { APPROVED } from "./approval/approval.ts";
import type { CardChange, CardText } from "./approval/change.ts";
import { type FoundCard, leadsTo } from "./card-finder.ts";
import { recordLimits } from "./fields.ts";
import { fitSkills, fitText } from "./fit.ts";
import { withoutPrices } from "./skills/prices.ts";
import { AGENTS_TOPIC } from "./store.ts";

/** An A2A agent's card as the gateway keeps it. */
export interface StoredCard {
  /** None of a card that was handed over without an address. */
  url: string | undefined;
  original: string;
  card: NormalizedCard;
  /** Where tasks go although no interface of the card is there, as a request said. */
  address: string | undefined;
  /** How the agent is called: as its card says, or at that address. */
  interfaces: readonly AgentInterface[];
  fetchedAt: Micros;
  /** `updatedAt` of the agent that it is the card of: a record of another moment may lead elsewhere, at another price. */
  agentUpdatedAt: Micros;
  /** Whose share it takes in memory. */
  owner: string;
}

/**
 * Whether the record and the card are of one moment. They are read one after the other: of an agent that somebody approves, a change may
 * have taken effect in between.
 */
export const isOfOneMoment = ({ approval, updatedAt }: Agent, { agentUpdatedAt }: StoredCard): boolean =>
  approval === APPROVED || updatedAt === agentUpdatedAt;

/** What becomes of an agent's card when the agent changes. */
export type CardFate =
  | { kind: "kept" }
  | { kind: "replaced"; by: FoundCard; address: string | undefined }
  | { kind: "readdressed"; address: string }
  | { kind: "dropped" };

const NO_ADDRESS = "";
const MIB = 2 ** 20;
/** Its text, and what is built of it. */
const bytesOf = ({ original }: StoredCard): number => 2_000 + 4 * original.length;
const CACHED = { bytesMax: 64 * MIB, perOwner: 8 * MIB, bytesOf, ownerOf: ({ owner }: StoredCard) => owner };

/** The fields of an agent's record that its card tells. */
export type CardFields = Pick<Agent, "name" | "description" | "version" | "skills" | "url">;

/** What a card tells, within the limits that a request has, too. What has no room is left out: the card itself is kept whole. */
export const cardFields = (card: NormalizedCard): CardFields => ({
  name: fitText(card.name, recordLimits.name),
  description: fitText(card.description, recordLimits.description),
  version: fitText(card.version, recordLimits.version),
  skills: fitSkills(withoutPrices(card.skills)),
  url: card.interfaces[0]!.url,
});

/** The agent by a new card: fields that still say what the old card said follow the new one; without an old one none do. */
export function followCard(agent: Agent, card: NormalizedCard, before: NormalizedCard | undefined): Agent {
  if (!before) return { ...agent, protocol: "a2a" };
  const [told, said] = [cardFields(card), cardFields(before)];
  const followed = (Object.keys(told) as (keyof CardFields)[]).filter(
    (field) => JSON.stringify(agent[field]) === JSON.stringify(said[field]),
  );
  return { ...agent, protocol: "a2a", ...Object.fromEntries(followed.map((field) => [field, told[field]])) };
}

/**
 * What becomes of the card. Of an agent that moves away from it nobody knows what it speaks at the new place: its tasks must not go where
 * it no longer is. One that was said to speak A2A does so there too.
 *
 * @param found the new card, if there is one
 * @param address where a request says that the new card's tasks go
 */
export function fateOfCard(
  stored: StoredCard | undefined,
  { from, to, found, address }: { from: Agent; to: Agent; found: FoundCard | undefined; address: string | undefined },
): CardFate {
  if (to.protocolSetting === "plain") return { kind: "dropped" };
  if (found) return { kind: "replaced", by: found, address };
  if (!stored || to.url === from.url) return { kind: "kept" };
  // One that never led to the agent leads wherever it was meant to.
  const isLeft = leadsTo(stored.card, from.url) && !leadsTo(stored.card, to.url);
  if (stored.address !== undefined || (isLeft && to.protocolSetting === "a2a"))
    return { kind: "readdressed", address: to.url };
  return { kind: isLeft ? "dropped" : "kept" };
}

/** The card's own interfaces; where none of them is at the address or below it, the one it prefers, there. */
const interfacesAt = (
  { interfaces, ...card }: NormalizedCard,
  address: string | undefined,
): readonly AgentInterface[] =>
  address === undefined || leadsTo({ ...card, interfaces }, address)
    ? interfaces
    : [{ ...interfaces[0]!, url: address }];

/** The cards of the A2A agents. Answers from memory where it can. */
export class AgentCards {
  readonly #storage: Storage;
  readonly #timestamps: Timestamps;
  readonly #cached: CachedLookup<StoredCard>;

  constructor(storage: Storage, timestamps: Timestamps) {
    this.#storage = storage;
    this.#timestamps = timestamps;
    this.#cached = new CachedLookup((id) => this.#load(id), { shares: CACHED });
    storage.changes.subscribe(AGENTS_TOPIC, (changed) => this.#cached.forget(changed));
  }

  find(agentId: string): StoredCard | undefined | Promise<StoredCard | undefined> {
    return this.#cached.get(agentId);
  }

  /** Lets the card have its fate, within the transaction that changes its agent. */
  async settle(trx: Transaction<Database>, agentId: string, fate: CardFate): Promise<void> {
    if (fate.kind === "replaced") return this.put(trx, agentId, fate.by, fate.address);
    if (fate.kind === "readdressed") {
      await trx.updateTable("agent_cards").set({ address: fate.address }).where("agent_id", "=", agentId).execute();
    }
    if (fate.kind === "dropped") await trx.deleteFrom("agent_cards").where("agent_id", "=", agentId).execute();
  }

  /** Lets a change that was approved take effect. */
  async apply(trx: Transaction<Database>, agentId: string, change: CardChange): Promise<void> {
    if (change.kind === "replaced") return this.put(trx, agentId, change, change.address);
    if (change.kind === "dropped") return this.settle(trx, agentId, change);
  }

  /** As it is kept, past all memory. */
  async read(db: Kysely<Database>, agentId: string): Promise<CardText | undefined> {
    const row = await db.selectFrom("agent_cards").selectAll().where("agent_id", "=", agentId).executeTakeFirst();
    return row && textOf(row);
  }

  /** Keeps a card within the transaction that makes its agent an A2A agent. */
  async put(
    trx: Transaction<Database>,
    agentId: string,
    found: Pick<FoundCard, "url" | "original">,
    address: string | undefined,
  ): Promise<void> {
    const { url, original } = found;
    const row = { card_url: url ?? NO_ADDRESS, original, address: address ?? null, fetched_at: this.#timestamps() };
    await trx
      .insertInto("agent_cards")
      .values({ agent_id: agentId, ...row })
      .onConflict((conflict) => conflict.column("agent_id").doUpdateSet(row))
      .execute();
  }

  async #load(agentId: string): Promise<StoredCard | undefined> {
    const query = this.#storage.db
      .selectFrom("agent_cards")
      .innerJoin("agents", "agents.id", "agent_cards.agent_id")
      .selectAll("agent_cards")
      .select(["agents.org_id", "agents.updated_at"])
      .where("agent_cards.agent_id", "=", agentId);
    const row = await query.executeTakeFirst();
    if (!row) return undefined;
    const owner = shareOwner({ id: agentId, orgId: row.org_id });
    return toStoredCard(textOf(row), { fetchedAt: row.fetched_at, agentUpdatedAt: row.updated_at, owner });
  }
}

/** A card as it is used; undefined for one that an earlier release took and this one would not. */
export function toStoredCard(
  { url, original, address }: CardText,
  rest: Pick<StoredCard, "fetchedAt" | "agentUpdatedAt" | "owner">,
): StoredCard | undefined {
  try {
    const card = normalizeCard(parseExact(original), url);
    return { url, original, card, address, interfaces: interfacesAt(card, address), ...rest };
  } catch (error) {
    if (error instanceof CardError) return undefined;
    throw error;
  }
}

const textOf = (row: Pick<Selectable<AgentCardsTable>, "card_url" | "original" | "address">): CardText => ({
  url: row.card_url === NO_ADDRESS ? undefined : row.card_url,
  original: row.original,
  address: row.address ?? undefined,
});
