import type { Kept } from "../leases/index.ts";
import type { Storage } from "../storage/index.ts";
import { firstIdOf } from "./delivery-id.ts";

const PAGE = 500;
const REST_MS = 50;

/** Deliveries, which are forgotten when their time is over, oldest first. What still waits stays. */
export const keptDeliveries = ({ db }: Pick<Storage, "db">, keptMs: number): Kept => ({
  lease: "webhook-retention",
  what: "old webhook deliveries",
  keptMs,
  pace: { restMs: REST_MS },
  async *forget(beforeMs) {
    const oldest = await db.selectFrom("webhook_deliveries").select("created_at").orderBy("id").limit(1).execute();
    yield oldest[0] && Number(oldest[0].created_at / 1000n);
    // Their ids, and not how many: what waits among them is passed over, and does not stop the walk.
    const over = db.selectFrom("webhook_deliveries").select("id").where("due_at", "is", null);
    for (let isMore = true; isMore; yield undefined) {
      const page = await over.where("id", "<", firstIdOf(beforeMs)).orderBy("id").limit(PAGE).execute();
      const ids = page.map(({ id }) => id);
      if (ids.length === 0) return;
      await db.deleteFrom("webhook_deliveries").where("id", "in", ids).where("due_at", "is", null).execute();
      isMore = ids.length === PAGE;
    }
  },
});
