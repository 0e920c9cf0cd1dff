import { CardError, type NormalizedCard, normalizeCard } from "@agentgate/protocol/a2a";
import type { Transaction } from "kysely";
import { parseExact } from "../http/index.ts";
import { CachedLookup, type Micros, type Timestamps } from "../runtime/index.ts";
import type { Database, Storage } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { type FoundCard, leadsTo } from "./card-finder.ts";
import { recordLimits } from "./fields.ts";
import { fitSkills, fitText } from "./fit.ts";
import { AGENTS_TOPIC } from "./store.ts";

/** An A2A agent's card as the gateway keeps it. */
export interface StoredCard {
  /** None of a card that was handed over without an address. */
  url: string | undefined;
  original: string;
  card: NormalizedCard;
  fetchedAt: Micros;
}

const NO_ADDRESS = "";
/** Of cards in memory, which may each be as large as a card may. */
const CACHED_BYTES = 64 * 1024 * 1024;
/** Its text, and what is built of it. */
const bytesOf = ({ original }: StoredCard): number => 2_000 + 4 * original.length;

/** The fields of an agent's record that its card tells. */
export type CardFields = Pick<Agent, "name" | "description" | "version" | "skills" | "url">;

/** What a card tells, within the limits that a request has, too. What has no room is left out: the card itself is kept whole. */
export const cardFields = (card: NormalizedCard): CardFields => ({
  name: fitText(card.name, recordLimits.name),
  description: fitText(card.description, recordLimits.description),
  version: fitText(card.version, recordLimits.version),
  skills: fitSkills(card.skills),
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

/** Whether a card that led to the agent does not any more: one that never did leads wherever it was meant to. */
export const isLeftBehind = ({ card }: StoredCard, from: string, to: string): boolean =>
  leadsTo(card, from) && !leadsTo(card, to);

/** The cards of the A2A agents. Answers from memory where it can. */
export class AgentCards {
  readonly #storage: Storage;
  readonly #timestamps: Timestamps;
  readonly #cached: CachedLookup<StoredCard>;

  constructor(storage: Storage, timestamps: Timestamps) {
    this.#storage = storage;
    this.#timestamps = timestamps;
    this.#cached = new CachedLookup((id) => this.#load(id), { bytes: { max: CACHED_BYTES, of: bytesOf } });
    storage.changes.subscribe(AGENTS_TOPIC, (changed) => this.#cached.forget(changed));
  }

  find(agentId: string): StoredCard | undefined | Promise<StoredCard | undefined> {
    return this.#cached.get(agentId);
  }

  /** Keeps a card within the transaction that makes its agent an A2A agent. */
  async put(trx: Transaction<Database>, agentId: string, { url, original }: FoundCard): Promise<void> {
    const row = { card_url: url ?? NO_ADDRESS, original, fetched_at: this.#timestamps() };
    await trx
      .insertInto("agent_cards")
      .values({ agent_id: agentId, ...row })
      .onConflict((conflict) => conflict.column("agent_id").doUpdateSet(row))
      .execute();
  }

  /** Forgets a card within the transaction that makes its agent one of the plain contract. */
  async drop(trx: Transaction<Database>, agentId: string): Promise<void> {
    await trx.deleteFrom("agent_cards").where("agent_id", "=", agentId).execute();
  }

  async #load(agentId: string): Promise<StoredCard | undefined> {
    const query = this.#storage.db.selectFrom("agent_cards").selectAll().where("agent_id", "=", agentId);
    const row = await query.executeTakeFirst();
    if (!row) return undefined;
    try {
      const url = row.card_url === NO_ADDRESS ? undefined : row.card_url;
      const card = normalizeCard(parseExact(row.original), url);
      return { url, original: row.original, card, fetchedAt: row.fetched_at };
    } catch (error) {
      if (error instanceof CardError) return undefined;
      throw error;
    }
  }
}
