import { type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import { firstIdAt, type Micros } from "../runtime/index.ts";
import type { Database, Storage } from "../storage/index.ts";
import type { AuditRow, LinkedRow } from "./entry.ts";

/** Which rows are asked for; undefined for any. */
export interface AuditFilter {
  orgId?: string | undefined;
  actorKind?: AuditRow["actor_kind"] | undefined;
  /** The id of a key, or of the organization whose key it was. */
  actor?: string | undefined;
  /** A whole action, `agent.changed`, or all of a thing, `agent.`. */
  action?: string | undefined;
  targetId?: string | undefined;
  requestId?: string | undefined;
  /** From this time on. */
  from?: Micros | undefined;
  /** Before this time. */
  to?: Micros | undefined;
}

/** Of a list that is filtered, so many rows are looked at in one statement for a page. */
const LOOKED_AT = 2_000;
/**
 * Rows that are read, and looked at, at once where all are asked for. What V8 finds alive as it clears the young generation is kept until it clears
 * all: of a page that takes a part of that generation, as 500 rows do, tens of megabytes in a long list.
 */
const PAGE = 50;
const LOOKED_AT_OF_ALL = 500;

/** Reads the log, page by page, by the ids of its rows. */
export class AuditReader {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Newest first, before this id. A page of a list that is filtered may end early: `next` says whether there is more. */
  async page(
    filter: AuditFilter,
    { before, limit }: { before: string | undefined; limit: number },
  ): Promise<{ entries: LinkedRow[]; next: string | null }> {
    const { rows, lookedAt } = await this.#look(filter, {
      past: before,
      limit: limit + 1,
      lookedAtMax: LOOKED_AT,
      isDescending: true,
    });
    const entries = rows.slice(0, limit);
    if (rows.length > limit) return { entries, next: entries.at(-1)!.id };
    return { entries, next: lookedAt ?? null };
  }

  /** All that match, oldest first, as many at a time as are held at once. Ends with `over`. */
  async *all(filter: AuditFilter, over: AbortSignal): AsyncGenerator<LinkedRow[]> {
    const bounds = { limit: PAGE, lookedAtMax: LOOKED_AT_OF_ALL, isDescending: false };
    for (let past: string | undefined; !over.aborted; ) {
      const { rows, lookedAt } = await this.#look(filter, { past, ...bounds });
      if (rows.length > 0) yield rows;
      past = rows.length === PAGE ? rows.at(-1)!.id : lookedAt;
      if (past === undefined) return;
    }
  }

  /** @param lookedAtMax rows, where no index finds what matches. @returns what matches of the next rows, and the last that was looked at, where there may be more behind it */
  async #look(
    filter: AuditFilter,
    {
      past,
      limit,
      lookedAtMax,
      isDescending,
    }: { past: string | undefined; limit: number; lookedAtMax: number; isDescending: boolean },
  ): Promise<{ rows: LinkedRow[]; lookedAt: string | undefined }> {
    const { db } = this.#storage;
    const direction = isDescending ? "desc" : "asc";
    // What an index finds is what is asked for; of everything else, some have to be looked at.
    const isFound = isIndexed(filter);
    let all = db
      .selectFrom("audit_log")
      .orderBy("id", direction)
      .limit(isFound ? limit : lookedAtMax);
    if (filter.targetId !== undefined) all = all.where("target_id", "=", filter.targetId);
    else if (filter.orgId !== undefined) all = all.where("org_id", "=", filter.orgId);
    if (filter.from !== undefined) all = all.where("id", ">=", firstIdAt(filter.from));
    if (filter.to !== undefined) all = all.where("id", "<", firstIdAt(filter.to));
    if (past !== undefined) all = all.where("id", isDescending ? "<" : ">", past);
    const rows = await matching(db.selectFrom(all.selectAll().as("l")).selectAll("l"), filter)
      .leftJoin("audit_seals as s", "s.id", "l.id")
      .leftJoin("audit_seals as before", (join) => join.on(sql<SqlBool>`before.seq = s.seq - 1`))
      .leftJoin("audit_head as head", (join) => join.on(sql<SqlBool>`head.id = 1 and head.anchor_seq = s.seq - 1`))
      .select(["s.seq", "s.hash", sql<string | null>`coalesce(before.hash, head.anchor_hash)`.as("prev")])
      .orderBy("l.id", direction)
      .limit(limit)
      .execute();
    if (rows.length === limit || isFound) return { rows, lookedAt: undefined };
    const last = all.select("id").limit(1);
    return { rows, lookedAt: (await last.offset(lookedAtMax - 1).executeTakeFirst())?.id };
  }
}

const isIndexed = ({ orgId, actorKind, actor, action, targetId, requestId }: AuditFilter): boolean =>
  [actorKind, actor, action, requestId, targetId && orgId].every((condition) => condition === undefined);

// biome-ignore lint/suspicious/noExplicitAny: Kysely's type of a subquery's alias says nothing that is of use here
type Looking<Row> = SelectQueryBuilder<Database & { l: AuditRow }, any, Row>;

function matching<Row>(query: Looking<Row>, filter: AuditFilter): Looking<Row> {
  const { action } = filter;
  const equal: [string, string | undefined][] = [
    ["l.org_id", filter.orgId],
    ["l.actor_kind", filter.actorKind],
    ["l.action", action?.endsWith(".") ? undefined : action],
    ["l.request_id", filter.requestId],
  ];
  let found = query;
  for (const [column, value] of equal) if (value !== undefined) found = found.where(column as "l.id", "=", value);
  const { actor } = filter;
  if (actor !== undefined)
    found = found.where((eb) => eb.or([eb("l.key_id" as "l.id", "=", actor), eb("l.actor_org" as "l.id", "=", actor)]));
  if (!action?.endsWith(".")) return found;
  // What begins with `agent.` lies between that and `agent/`.
  return found.where("l.action" as "l.id", ">", action).where("l.action" as "l.id", "<", `${action.slice(0, -1)}/`);
}
