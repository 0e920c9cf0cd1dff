import type { Kept } from "../leases/index.ts";
import type { PushConfigs } from "./push/push-configs.ts";
import type { TaskStore } from "./task-store.ts";

/** How long a task is kept that nobody touches. */
const KEPT_MS = 30 * 86_400_000;

/** Tasks, contexts and push configs, which are forgotten when nobody has touched them for long. */
export const keptTasks = (store: Pick<TaskStore, "forget">, configs: Pick<PushConfigs, "prune">): Kept => ({
  lease: "a2a-forgetting",
  what: "old A2A tasks",
  keptMs: KEPT_MS,
  async *forget(beforeMs) {
    for await (const touched of store.forget(BigInt(Math.floor(beforeMs)) * 1000n)) yield Number(touched / 1000n);
    // Configs have an end of their own, which is judged by the same horizon.
    await configs.prune(beforeMs + KEPT_MS);
  },
});
