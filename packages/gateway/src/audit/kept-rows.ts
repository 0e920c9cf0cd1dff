import type { Kept } from "../leases/index.ts";
import type { Storage } from "../storage/index.ts";
import type { AuditLog } from "./audit-log.ts";
import { byGateway } from "./by.ts";

const DAY_MS = 86_400_000;
const PAGE = 500;

/**
 * Rows of the audit log, which are forgotten when their time is over, oldest first. The chain's anchor moves over them before, in one
 * transaction with a row that says so; what is behind it is all that the tables let go.
 */
export const keptRows = ({ db }: Pick<Storage, "db">, auditLog: AuditLog, days: number): Kept => ({
  lease: "audit-retention",
  what: "old rows of the audit log",
  keptMs: days * DAY_MS,
  async *forget(beforeMs) {
    const oldest = await db.selectFrom("audit_seals").select("sealed_at").orderBy("seq").limit(1).executeTakeFirst();
    yield oldest && Number(oldest.sealed_at / 1000n);
    await moveAnchor(db, auditLog, BigInt(Math.floor(beforeMs)) * 1000n);
    for (let isMore = true; isMore; yield undefined) isMore = await forgetPage(db);
  },
});

async function moveAnchor(db: Storage["db"], auditLog: AuditLog, before: bigint): Promise<void> {
  const last = await db
    .selectFrom("audit_seals")
    .select(["seq", "hash"])
    .where("sealed_at", "<", before)
    .orderBy("sealed_at", "desc")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  if (!last) return;
  await db.transaction().execute(async (trx) => {
    const head = trx.selectFrom("audit_head").select(["anchor_seq", "anchor_hash"]).where("id", "=", 1n);
    const { anchor_seq, anchor_hash } = await head.executeTakeFirstOrThrow();
    const move = trx.updateTable("audit_head").set({ anchor_seq: last.seq, anchor_hash: last.hash });
    const { numUpdatedRows } = await move.where("id", "=", 1n).where("anchor_seq", "<", last.seq).executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    await auditLog.rowIn(trx, byGateway, {
      action: "audit.forgotten",
      orgId: null,
      target: { kind: "audit_log", id: null },
      changes: [
        {
          field: "anchor",
          before: { seq: Number(anchor_seq), hash: anchor_hash },
          after: { seq: Number(last.seq), hash: last.hash },
        },
      ],
    });
  });
}

/** @returns whether there may be more */
async function forgetPage(db: Storage["db"]): Promise<boolean> {
  const { anchor_seq } = await db.selectFrom("audit_head").select("anchor_seq").executeTakeFirstOrThrow();
  const behind = db.selectFrom("audit_seals").select(["seq", "id"]).where("seq", "<=", anchor_seq);
  const page = await behind.orderBy("seq").limit(PAGE).execute();
  if (page.length === 0) return false;
  await db.transaction().execute(async (trx) => {
    const ids = page.map(({ id }) => id);
    await trx.deleteFrom("audit_log").where("id", "in", ids).execute();
    await trx.deleteFrom("audit_seals").where("seq", "<=", page.at(-1)!.seq).execute();
  });
  return page.length === PAGE;
}
