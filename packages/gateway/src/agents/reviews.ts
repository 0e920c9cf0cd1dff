import type { Kysely } from "kysely";
import { notFound } from "../http/index.ts";
import { type Micros, type Random, renderTimestamp, type Timestamps } from "../runtime/index.ts";
import { type Database, lockingRow, type Storage } from "../storage/index.ts";

/** What somebody thought of an agent. */
export interface Review {
  readonly id: string;
  readonly agentId: string;
  /** 1 to 5. */
  readonly rating: number;
  readonly comment: string;
  /** The name the reviewer gave; a label, not an identity. */
  readonly reviewer: string;
  readonly createdAt: Micros;
}

export const toWireReview = (review: Review) => ({
  id: review.id,
  agent_id: review.agentId,
  rating: review.rating,
  comment: review.comment,
  reviewer: review.reviewer,
  created_at: renderTimestamp(review.createdAt),
});

/** Reviews: one per caller and agent, a second replaces the first. */
export class Reviews {
  readonly #storage: Storage;
  readonly #random: Random;
  readonly #timestamps: Timestamps;

  constructor(storage: Storage, random: Random, timestamps: Timestamps) {
    this.#storage = storage;
    this.#random = random;
    this.#timestamps = timestamps;
  }

  /**
   * @param author who the caller is, for "one per caller": `admin`, an organization's id, or `ip:` and an address.
   * @throws Problem 404 when the agent is gone
   */
  async put(agentId: string, author: string, given: Pick<Review, "rating" | "comment" | "reviewer">): Promise<Review> {
    const review: Review = { id: this.#random.uuid(), agentId, ...given, createdAt: this.#timestamps() };
    const row = {
      id: review.id,
      agent_id: agentId,
      author,
      rating: BigInt(review.rating),
      comment: review.comment,
      reviewer: review.reviewer,
      created_at: review.createdAt,
    };
    const { agent_id: _, author: __, ...changed } = row;
    await this.#storage.db.transaction().execute(async (trx) => {
      // Keeps the agent from going while it is reviewed; another node may have deleted it already.
      const locked = lockingRow(this.#storage, trx.selectFrom("agents").select("id").where("id", "=", agentId));
      if (!(await locked.executeTakeFirst())) throw notFound("Agent");
      await trx
        .insertInto("reviews")
        .values(row)
        .onConflict((conflict) => conflict.columns(["agent_id", "author"]).doUpdateSet(changed))
        .execute();
      const { review_count, rating } = await countsOf(trx, agentId);
      await trx
        .updateTable("agents")
        .set({ review_count: BigInt(review_count), rating })
        .where("id", "=", agentId)
        .execute();
    });
    return review;
  }

  async list(agentId: string, { limit, offset }: { limit: number; offset: number }): Promise<Review[]> {
    const query = this.#storage.db.selectFrom("reviews").selectAll().where("agent_id", "=", agentId);
    const rows = await query.orderBy("created_at", "desc").orderBy("id", "desc").limit(limit).offset(offset).execute();
    return rows.map((row) => ({
      id: row.id,
      agentId: row.agent_id,
      rating: Number(row.rating),
      comment: row.comment,
      reviewer: row.reviewer,
      createdAt: row.created_at,
    }));
  }

  /** How many reviews gave each rating, and their mean. */
  async stats(agentId: string) {
    const { review_count, rating, distribution } = await countsOf(this.#storage.db, agentId);
    return { review_count, avg_rating: review_count ? Math.round(rating * 100) / 100 : null, distribution };
  }
}

/** By the counts that the database keeps, whatever the number of reviews. */
async function countsOf(db: Kysely<Database>, agentId: string) {
  const rows = await db
    .selectFrom("review_counts")
    .select(["rating", "count"])
    .where("agent_id", "=", agentId)
    .execute();
  const distribution: Record<string, number> = { "5": 0, "4": 0, "3": 0, "2": 0, "1": 0 };
  for (const { rating, count } of rows) distribution[`${rating}`] = Number(count);
  const review_count = Object.values(distribution).reduce((sum, n) => sum + n, 0);
  const sum = Object.entries(distribution).reduce((total, [rating, n]) => total + Number(rating) * n, 0);
  return { review_count, rating: review_count ? sum / review_count : 0, distribution };
}
