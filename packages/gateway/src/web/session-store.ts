import type { Micros } from "../runtime/index.ts";
import type { Storage, WebSessionsTable } from "../storage/index.ts";
import type { Session } from "./session.ts";

/** Names sessions that have ended, by their hashes. */
export const SESSIONS_TOPIC = "web_sessions";

/** Sessions of one key; one more ends the oldest. */
export const SESSIONS_PER_KEY = 20;
/** Rows whose time is over, deleted with each that is written: so there are never more of them than were written in a week. */
const EXPIRED_AT_ONCE = 100;

/** Where sessions live. */
export class SessionStore {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** The session with this hash that has not ended by `now`. */
  async find(hash: string, now: Micros): Promise<Session | undefined> {
    const rows = this.#storage.db.selectFrom("web_sessions").selectAll().where("hash", "=", hash);
    const row = await rows.where("ends_at", ">", now).executeTakeFirst();
    return row && toSession(row);
  }

  /** Keeps a new session in place of the key's oldest, where there are as many as there may be. */
  insert({ hash, keyHash, scope, createdAt, endsAt }: Session): Promise<void> {
    return this.#storage.changes.transaction(async (trx, note) => {
      await trx
        .insertInto("web_sessions")
        .values({ hash, key_hash: keyHash, scope, created_at: createdAt, ends_at: endsAt })
        .execute();
      const oldest = await trx
        .selectFrom("web_sessions")
        .select("hash")
        .where("key_hash", "=", keyHash)
        .orderBy("created_at", "desc")
        .orderBy("hash")
        .offset(SESSIONS_PER_KEY)
        .limit(EXPIRED_AT_ONCE)
        .execute();
      const gone = oldest.map((row) => row.hash);
      if (gone.length > 0) await trx.deleteFrom("web_sessions").where("hash", "in", gone).execute();
      note(SESSIONS_TOPIC, gone);
    });
  }

  /** It is used, and ends later. */
  async prolong({ hash }: Session, endsAt: Micros): Promise<void> {
    const row = this.#storage.db.updateTable("web_sessions").set({ ends_at: endsAt }).where("hash", "=", hash);
    await row.where("ends_at", "<", endsAt).execute();
  }

  /** Ends one session, or all of a key or of an organization or the admin. */
  end(which: { hash: string } | { keyHash: string } | { scope: string }): Promise<void> {
    return this.#storage.changes.transaction(async (trx, note) => {
      const all = trx.deleteFrom("web_sessions").returning("hash");
      const chosen =
        "hash" in which
          ? all.where("hash", "=", which.hash)
          : "scope" in which
            ? all.where("scope", "=", which.scope)
            : all.where("key_hash", "=", which.keyHash);
      const gone = await chosen.execute();
      note(
        SESSIONS_TOPIC,
        gone.map(({ hash }) => hash),
      );
    });
  }

  /** Deletes some whose time is over, but for those that somebody else is deleting. */
  async sweep(now: Micros): Promise<void> {
    const { engine, db } = this.#storage;
    const over = db.selectFrom("web_sessions").select("hash").where("ends_at", "<=", now).limit(EXPIRED_AT_ONCE);
    const free = engine === "postgres" ? over.forUpdate().skipLocked() : over;
    await db.deleteFrom("web_sessions").where("hash", "in", free).execute();
  }
}

const toSession = (row: WebSessionsTable): Session => ({
  hash: row.hash,
  keyHash: row.key_hash,
  scope: row.scope,
  createdAt: row.created_at,
  endsAt: row.ends_at,
});
