import type { Kept } from "../leases/index.ts";
import type { Storage } from "../storage/index.ts";

const PAGE = 500;

/** Tasks and answered questions of MCP clients, each of which says when it may be forgotten. */
export const keptCalls = ({ db }: Pick<Storage, "db">): Kept => ({
  lease: "mcp-forgetting",
  what: "old MCP tasks",
  keptMs: 0,
  async *forget(beforeMs) {
    const before = BigInt(Math.floor(beforeMs)) * 1000n;
    for (const table of ["mcp_tasks", "mcp_spent_states"] as const) {
      const first = db.selectFrom(table).select("ends_at").orderBy("ends_at").limit(1);
      const oldest = await first.executeTakeFirst();
      yield oldest && Number(oldest.ends_at / 1000n);
    }
    const tasks = db.selectFrom("mcp_tasks").select("id").where("ends_at", "<", before).orderBy("ends_at").limit(PAGE);
    for (let isMore = true; isMore; yield undefined) {
      const { numDeletedRows } = await db.deleteFrom("mcp_tasks").where("id", "in", tasks).executeTakeFirst();
      isMore = numDeletedRows === BigInt(PAGE);
    }
    const states = db
      .selectFrom("mcp_spent_states")
      .select("hash")
      .where("ends_at", "<", before)
      .orderBy("ends_at")
      .limit(PAGE);
    for (let isMore = true; isMore; yield undefined) {
      const { numDeletedRows } = await db.deleteFrom("mcp_spent_states").where("hash", "in", states).executeTakeFirst();
      isMore = numDeletedRows === BigInt(PAGE);
    }
  },
});
