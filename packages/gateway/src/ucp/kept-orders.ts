import type { Kept } from "../leases/index.ts";
import type { Storage } from "../storage/index.ts";

const PAGE = 100;

/** Checkouts and orders, each of which says when it may be forgotten; what is under way stays. */
export const keptOrders = ({ db }: Pick<Storage, "db">): Kept => ({
  lease: "ucp-forgetting",
  what: "old checkouts and orders",
  keptMs: 0,
  async *forget(beforeMs) {
    const before = BigInt(Math.floor(beforeMs)) * 1000n;
    for (const table of ["ucp_checkouts", "ucp_orders"] as const) {
      const first = db.selectFrom(table).select("forget_at").orderBy("forget_at").limit(1);
      const oldest = await first.executeTakeFirst();
      yield oldest && Number(oldest.forget_at / 1000n);
    }
    const over = db.selectFrom("ucp_checkouts").select("id").where("phase", "!=", "completing");
    for (let isMore = true; isMore; yield undefined) {
      const page = await over.where("forget_at", "<", before).orderBy("forget_at").limit(PAGE).execute();
      for (const { id } of page)
        await db.deleteFrom("ucp_checkouts").where("id", "=", id).where("forget_at", "<", before).execute();
      isMore = page.length === PAGE;
    }
    const done = db.selectFrom("ucp_orders").select("id").where("done", "=", 1n);
    for (let isMore = true; isMore; yield undefined) {
      const page = await done.where("forget_at", "<", before).orderBy("forget_at").limit(PAGE).execute();
      for (const { id } of page)
        await db.deleteFrom("ucp_orders").where("id", "=", id).where("done", "=", 1n).execute();
      isMore = page.length === PAGE;
    }
  },
});
