import { type Expression, type ExpressionBuilder, type SqlBool, sql } from "kysely";
import type { Micros } from "../runtime/index.ts";
import type { Database, Storage, WebSessionsTable } from "../storage/index.ts";
import { isBegunAhead, SESSION_ID_LENGTH, SESSION_TIMES, type Session } from "./session.ts";

/** Names sessions that have ended, by their hashes. */
export const SESSIONS_TOPIC = "web_sessions";

/** Sessions of one key; one more ends the oldest. */
export const SESSIONS_PER_KEY = 20;
/** Rows whose time is over, deleted with each that is written: so there are never more of them than were written in a week. */
const EXPIRED_AT_ONCE = 100;

/** All of a key, or of an organization or the admin. */
export type SessionsOf = { keyHash: string } | { scope: string };
/** Where a page of a list ended. */
export type SessionAfter = Pick<Session, "createdAt" | "hash">;

function isOf(
  eb: ExpressionBuilder<Database, "web_sessions">,
  which: SessionsOf & { id?: string },
): Expression<SqlBool> {
  const whose = "scope" in which ? eb("scope", "=", which.scope) : eb("key_hash", "=", which.keyHash);
  if (which.id === undefined) return whose;
  return eb.and([whose, sql<SqlBool>`substr(hash, 1, ${sql.lit(SESSION_ID_LENGTH)}) = ${which.id}`]);
}

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
    const session = row && toSession(row);
    return session && isBegunAhead(session, now) ? undefined : session;
  }

  /** Keeps a new session in place of the key's oldest, where there are as many as there may be. */
  insert({ hash, keyHash, scope, createdAt, endsAt, clientIp, userAgent }: Session): Promise<void> {
    return this.#storage.changes.transaction(async (trx, note) => {
      // Those begun while a clock was ahead would be the newest for as long as it was.
      const ahead = await trx
        .deleteFrom("web_sessions")
        .where("key_hash", "=", keyHash)
        .where("created_at", ">", createdAt + SESSION_TIMES.ahead)
        .returning("hash")
        .execute();
      await trx
        .insertInto("web_sessions")
        .values({
          ...{ hash, key_hash: keyHash, scope, created_at: createdAt, ends_at: endsAt },
          ...{ client_ip: clientIp, user_agent: userAgent },
        })
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
      const gone = [...ahead, ...oldest].map((row) => row.hash);
      if (gone.length > 0) await trx.deleteFrom("web_sessions").where("hash", "in", gone).execute();
      note(SESSIONS_TOPIC, gone);
    });
  }

  /** It is used, and ends later. */
  async prolong({ hash }: Session, endsAt: Micros): Promise<void> {
    const row = this.#storage.db.updateTable("web_sessions").set({ ends_at: endsAt }).where("hash", "=", hash);
    await row.where("ends_at", "<", endsAt).execute();
  }

  /** Those that have not ended by `now`, the newest first, after the one that `after` names. */
  async list(
    which: SessionsOf,
    { now, after, limit }: { now: Micros; after: SessionAfter | undefined; limit: number },
  ): Promise<Session[]> {
    const rows = this.#storage.db
      .selectFrom("web_sessions")
      .selectAll()
      .where((eb) => isOf(eb, which))
      .where("ends_at", ">", now)
      .where("created_at", "<=", now + SESSION_TIMES.ahead)
      .$if(after !== undefined, (query) =>
        query.where(sql<SqlBool>`(created_at, hash) < (${after!.createdAt}, ${after!.hash})`),
      )
      .orderBy("created_at", "desc")
      .orderBy("hash", "desc")
      .limit(limit);
    return (await rows.execute()).map(toSession);
  }

  /** Ends one session, one of these by its id, or all of a key or of an organization or the admin. @returns how many */
  end(which: { hash: string } | SessionsOf | (SessionsOf & { id: string })): Promise<number> {
    return this.#storage.changes.transaction(async (trx, note) => {
      const all = trx.deleteFrom("web_sessions").returning("hash");
      const chosen = "hash" in which ? all.where("hash", "=", which.hash) : all.where((eb) => isOf(eb, which));
      const gone = await chosen.execute();
      note(
        SESSIONS_TOPIC,
        gone.map(({ hash }) => hash),
      );
      return gone.length;
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
  clientIp: row.client_ip,
  userAgent: row.user_agent,
});
