import { sql } from "kysely";
import type { Statement, Storage } from "../storage/index.ts";

/** Rows of one step of a walk, and the bytes of answers after which it ends sooner: to delete a row is to look at all its pages. */
const STEP_ROWS = 100;
const STEP_BYTES = 4_194_304;
const SURVEY_ROWS = 500;

/**
 * Deletes some of the rows that expired before `now`, the first ones first; those that somebody else is deleting are left to him.
 * @returns whether there may be more
 */
export function expiredRows(storage: Storage, now: bigint): Promise<boolean> {
  const { engine, db } = storage;
  const expired = db
    .selectFrom("idempotency")
    .select(["scope", "key", bytes])
    .where("expires_at", "<", now)
    .orderBy("expires_at")
    .limit(STEP_ROWS);
  const free = engine === "postgres" ? expired.forUpdate().skipLocked() : expired;
  return storage.transact([free.compile()], ([found]) => {
    const rows = found!.rows as { scope: string; key: string; bytes: bigint | null }[];
    let left = STEP_BYTES;
    const taken = rows.filter((row) => {
      const isTaken = left > 0;
      left -= Number(row.bytes ?? 0n);
      return isTaken;
    });
    return { writes: deleting(storage, taken), value: taken.length < rows.length || rows.length === STEP_ROWS };
  });
}

/** A cast, for what PostgreSQL gives is a narrower number. It reads no answer. */
const bytes = sql<bigint | null>`cast(octet_length(body) as bigint)`.as("bytes");

function deleting({ engine, db }: Storage, rows: readonly { scope: string; key: string }[]): Statement[] {
  if (rows.length === 0) return [];
  const parameters = rows.flatMap(({ scope, key }) => [scope, key]);
  if (engine === "postgres") {
    const pairs = rows.map((_, row) => `($${2 * row + 1}, $${2 * row + 2})`).join(", ");
    return [{ sql: `delete from idempotency where (scope, key) in (${pairs})`, parameters, isRare: true }];
  }
  const one = db.deleteFrom("idempotency").where("scope", "=", "").where("key", "=", "").compile();
  return [{ sql: one.sql, parameters, runs: rows.length }];
}

/** All rows in the order of their scopes, with a pause after each step. */
export async function* keptRows({ db }: Storage, pause: () => Promise<void>) {
  for (let last: { scope: string; key: string } | undefined; ; ) {
    let query = db.selectFrom("idempotency").select(["scope", "key", bytes]).orderBy("scope").orderBy("key");
    if (last) query = query.where(sql<boolean>`(scope, key) > (${last.scope}, ${last.key})`);
    const rows = await query.limit(SURVEY_ROWS).execute();
    for (const row of rows)
      yield { scope: row.scope, bytes: Number(row.bytes ?? 0n), isAnonymous: isNobody(row.scope) };
    if (rows.length < SURVEY_ROWS) return;
    last = rows.at(-1)!;
    await pause();
  }
}

/** A scope that is an address: callers without a key. */
const isNobody = (scope: string): boolean => scope.startsWith("ip:");
