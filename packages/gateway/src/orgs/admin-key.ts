import { type AuditLog, asHashed, byGateway } from "../audit/index.ts";
import { hashKey, mintKey, type Random } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";

const SETTING = "admin_key_hash";

/**
 * The hash of the admin key: of the configured one, else of the one minted at the first start, which is returned once as
 * `minted` and never stored. Nodes that start together on one database agree on one key.
 */
export async function settleAdminKey(
  { storage, random, auditLog }: { storage: Storage; random: Random; auditLog: AuditLog },
  configured: string | undefined,
): Promise<{ hash: string; minted?: string }> {
  if (configured !== undefined) return { hash: hashKey(configured) };
  const stored = storage.db.selectFrom("settings").select("value").where("name", "=", SETTING);
  const existing = await stored.executeTakeFirst();
  if (existing) return { hash: existing.value };
  const minted = mintKey("admin", random);
  await storage.db.transaction().execute(async (trx) => {
    const insert = trx.insertInto("settings").values({ name: SETTING, value: hashKey(minted) });
    const { numInsertedOrUpdatedRows } = await insert
      .onConflict((conflict) => conflict.column("name").doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows === 0n) return;
    await auditLog.rowIn(trx, byGateway, {
      action: "admin_key.minted",
      orgId: null,
      target: { kind: "admin_key", id: null },
      changes: [{ field: "key", before: null, after: asHashed(hashKey(minted)) }],
    });
  });
  const { value: hash } = await stored.executeTakeFirstOrThrow();
  return hash === hashKey(minted) ? { hash, minted } : { hash };
}
