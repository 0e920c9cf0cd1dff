import { hashKey, mintKey, type Random } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";

const SETTING = "admin_key_hash";

/**
 * The hash of the admin key: of the configured one, else of the one minted at the first start, which is returned once as
 * `minted` and never stored. Nodes that start together on one database agree on one key.
 */
export async function settleAdminKey(
  storage: Storage,
  random: Random,
  configured: string | undefined,
): Promise<{ hash: string; minted?: string }> {
  if (configured !== undefined) return { hash: hashKey(configured) };
  const stored = storage.db.selectFrom("settings").select("value").where("name", "=", SETTING);
  const existing = await stored.executeTakeFirst();
  if (existing) return { hash: existing.value };
  const minted = mintKey("admin", random);
  await storage.db
    .insertInto("settings")
    .values({ name: SETTING, value: hashKey(minted) })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const { value: hash } = await stored.executeTakeFirstOrThrow();
  return hash === hashKey(minted) ? { hash, minted } : { hash };
}
