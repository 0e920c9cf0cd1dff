import type { Transaction } from "kysely";
import type { Kept } from "../../../leases/index.ts";
import type { SealedPlace } from "../../../secrets/index.ts";
import type { Database } from "../../../storage/index.ts";
import { purposeOfToolTask, type ToolTaskStore } from "./tool-task-store.ts";

/** As long as tasks of A2A agents. */
const KEPT_MS = 30 * 86_400_000;

/** Tasks of tools, which are forgotten when nobody has touched them for long. */
export const keptToolTasks = (store: Pick<ToolTaskStore, "forget">): Kept => ({
  lease: "mcp-server-tasks-forgetting",
  what: "old tasks of tools",
  keptMs: KEPT_MS,
  async *forget(beforeMs) {
    for await (const touched of store.forget(BigInt(Math.floor(beforeMs)) * 1000n)) {
      yield touched === undefined ? undefined : Number(touched / 1000n);
    }
  },
});

/** The same, for whoever has to seal them anew. */
export const sealedToolTasks: SealedPlace = {
  what: "tasks of tools",
  async page({ db }, after, limit) {
    const query = db.selectFrom("tool_tasks").select(["id", "sealed"]).where("id", ">", after);
    const rows = await query.orderBy("id").limit(limit).execute();
    return rows.map(({ id, sealed }) => ({ key: id, sealed, purpose: purposeOfToolTask(id) }));
  },
  async replace({ db }, { key, sealed: before }, sealed) {
    await db.updateTable("tool_tasks").set({ sealed }).where("id", "=", key).where("sealed", "=", before).execute();
  },
  async forget({ db }, { key, sealed }) {
    const forget = (trx: Transaction<Database>) =>
      trx.deleteFrom("tool_tasks").where("id", "=", key).where("sealed", "=", sealed).execute();
    await db.transaction().execute(forget);
  },
};
